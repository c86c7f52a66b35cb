package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/store"
)

// runAudit makes and replaces the key of the audit log, verifies the log, proves one entry,
// tells the salt of what an entry commits to, or exports a contact history.
func runAudit(ctx context.Context, args []string, t terminal) error {
	switch {
	case len(args) == 2 && args[0] == "key":
		verifier, err := audit.CreateKey(args[1])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, verifier)
		return err
	case len(args) == 1 && args[0] == "rotate-key":
		return rotateAuditKey(ctx, t)
	case len(args) == 1 && args[0] == "verify":
		return withLog(ctx, t, verifyLog)
	case len(args) == 2 && args[0] == "prove":
		number, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil || number < 1 {
			return errUsage
		}
		return withLog(ctx, t, func(ctx context.Context, l auditLog, t terminal) error { return proveEntry(ctx, l, number, t) })
	case len(args) == 5 && args[0] == "salt" && args[3] == "-by" && args[4] != "":
		number, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil || number < 1 {
			return errUsage
		}
		return tellSalt(ctx, saltOrder{number, args[2], args[4]}, t)
	case len(args) == 5 && args[0] == "export" && args[2] == "-by" && args[3] != "":
		return exportHistory(ctx, args[1], args[3], args[4], t)
	default:
		return errUsage
	}
}

// rotateAuditKey replaces the key that running workers sign with, and tells the
// public half of the new one.
func rotateAuditKey(ctx context.Context, t terminal) error {
	w, err := world(t, config.AuditKey)
	if err != nil {
		return err
	}
	pool, err := store.Connect(ctx, w.Config.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	sequencer, err := audit.NewSequencer(pool, audit.KeyFile(w.Config.Audit.KeyFile), audit.Folder(w.Config.Audit.Folder), w.Clock.Now, w.Log)
	if err != nil {
		return err
	}
	verifier, err := sequencer.RotateKey(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, verifier)
	return err
}

// auditLog is the log and what it is held against.
type auditLog struct {
	pool     *pgxpool.Pool
	verifier note.Verifier
	folder   audit.Folder
}

func withLog(ctx context.Context, t terminal, work func(context.Context, auditLog, terminal) error) error {
	settings, err := config.Load(t.env, config.Verify)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(settings.Audit.Verifier)
	if err != nil {
		return errors.New("TRAVELDOC_AUDIT_VERIFIER is not what traveldoc audit key printed")
	}
	pool, err := store.Connect(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(ctx, auditLog{pool, verifier, audit.Folder(settings.Audit.Folder)}, t)
}

var errAltered = errors.New("the audit log is not as it was signed, see above")

func verifyLog(ctx context.Context, l auditLog, t terminal) error {
	report, err := audit.Verify(ctx, l.pool, l.verifier, l.folder, serve.SystemClock{}.Now())
	if err != nil {
		return err
	}
	for _, fault := range report.Faults {
		if fault.Number == 0 {
			fmt.Fprintf(t.out, "FAULT  %s\n", fault.What)
			continue
		}
		fmt.Fprintf(t.out, "FAULT  entry %d: %s\n", fault.Number, fault.What)
	}
	fmt.Fprintf(t.out, "%d entries are as they were signed\n", report.Verified)
	if len(report.Faults) > 0 {
		return errAltered
	}
	return nil
}

// proveEntry writes a proof that holds with nothing but itself and the verifier.
func proveEntry(ctx context.Context, l auditLog, number int64, t terminal) error {
	proof, err := audit.Prove(ctx, l.pool, number)
	if err != nil {
		return err
	}
	if err := audit.Check(proof, l.verifier); err != nil {
		return err
	}
	encoder := json.NewEncoder(t.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(proof)
}
