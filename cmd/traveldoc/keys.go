package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// runKeys makes, replaces and counts keys, while the system runs.
func runKeys(ctx context.Context, args []string, t terminal) error {
	switch {
	case len(args) == 2 && args[0] == "create":
		return createMasterKey(args[1], t)
	case len(args) == 2 && args[0] == "rotate" && slices.Contains([]string{"master", "data", "index", "payload"}, args[1]),
		slices.Equal(args, []string{"retire", "master"}), slices.Equal(args, []string{"status"}):
		return withVault(ctx, t, func(_ *pgxpool.Pool, v *vault.Vault) error { return workOnKeys(ctx, v, args, t) })
	default:
		return errUsage
	}
}

func createMasterKey(reference string, t terminal) error {
	created, err := vault.CreateMasterFile(reference)
	if err != nil {
		return err
	}
	said := "made"
	if !created {
		said = "is there already, left as it is"
	}
	_, err = fmt.Fprintln(t.out, reference, said)
	return err
}

func withVault(ctx context.Context, t terminal, work func(*pgxpool.Pool, *vault.Vault) error) error {
	settings, err := config.Load(t.env, config.Keys)
	if err != nil {
		return err
	}
	masters, err := vault.OpenMasters(ctx, settings.MasterKeys)
	if err != nil {
		return err
	}
	pool, err := store.Connect(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(pool, vault.New(pool, masters, serve.SystemClock{}))
}

func workOnKeys(ctx context.Context, v *vault.Vault, args []string, t terminal) error {
	if args[0] != "rotate" {
		return tellKeys(ctx, v, args[0], t)
	}
	progress := func(done int) { fmt.Fprintf(t.out, "%d keys done\n", done) }
	switch args[1] {
	case "master":
		return v.RotateMaster(ctx, progress)
	case "data":
		return v.RotateData(ctx, progress)
	case "index":
		return v.RotateIndex(ctx, progress)
	default:
		return v.RotatePayloads(ctx)
	}
}

func tellKeys(ctx context.Context, v *vault.Vault, what string, t terminal) error {
	if what == "retire" {
		forgotten, err := v.RetireMaster(ctx)
		for _, name := range forgotten {
			fmt.Fprintln(t.out, "forgot", name)
		}
		return err
	}
	used, err := v.InUse(ctx)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(t.out, "%d keys under %s\n", used[name], name)
	}
	return err
}
