// Command traveldoc-standalone runs the whole of traveldoc on one machine, on
// loopback only: PostgreSQL, the Temporal engine and its pages, a mail drop, an
// identity provider with test users, the worker and the API. It is for laptops,
// demonstrations and end-to-end tests, never for production.
//
//	traveldoc-standalone [flags]          everything in one process
//	traveldoc-standalone PART [flags]     one part in a process of its own
//	traveldoc-standalone doctor [flags]   check a running one end to end
//	traveldoc-standalone forward DURATION [flags]
//	                                      move the clock of a running one, such as 720h
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // a small machine may have no zone files

	"github.com/traveldoc/traveldoc/cmd/standalone/state"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

func main() {
	sanitise.Divert()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "traveldoc-standalone:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, complaints io.Writer) error {
	if len(args) > 0 && args[0] == "forward" {
		return forward(ctx, args[1:], getenv, out, complaints)
	}
	if len(args) > 0 && args[0] == "doctor" {
		return doctor(ctx, args[1:], getenv, out, complaints)
	}
	parts, ready, args, err := choose(args)
	if err != nil {
		return err
	}
	cfg, err := configure(args, getenv, complaints)
	if err != nil {
		return err
	}
	house, err := system.Open(cfg)
	if err != nil {
		return err
	}
	if ready == "" {
		ready = "traveldoc ready " + house.URL(system.APIPort)
	}
	return system.Run(ctx, house, parts, out, ready)
}

// forward moves the clock and the open workflows of a standalone that runs on
// the same folder.
func forward(ctx context.Context, args []string, getenv func(string) string, out, complaints io.Writer) error {
	if len(args) == 0 {
		return errors.New("say by how much the clock shall move, such as 720h")
	}
	by, err := time.ParseDuration(args[0])
	if err != nil {
		return fmt.Errorf("%q is no duration; write it like 720h or 90m", args[0])
	}
	cfg, err := configure(args[1:], getenv, complaints)
	if err != nil {
		return err
	}
	house, err := system.Open(cfg)
	if err != nil {
		return err
	}
	mover, done, err := house.Mover(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := mover.FastForward(ctx, by); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "the clock says", house.Clock.Now().Format(time.RFC3339))
	return err
}

// doctor checks a standalone that runs on the same folder.
func doctor(ctx context.Context, args []string, getenv func(string) string, out, complaints io.Writer) error {
	cfg, err := configure(args, getenv, complaints)
	if err != nil {
		return err
	}
	house, err := system.Open(cfg)
	if err != nil {
		return err
	}
	world, err := house.World(config.API)
	if err != nil {
		return err
	}
	return serve.Doctor(ctx, world, out)
}

// choose picks the part that the first argument names, or all.
func choose(args []string) (parts []system.Part, ready string, rest []string, err error) {
	all := system.Parts()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return all, "", args, nil
	}
	var names []string
	for _, part := range all {
		if part.Name() == args[0] {
			return []system.Part{part}, part.Name() + " ready", args[1:], nil
		}
		names = append(names, part.Name())
	}
	return nil, "", nil, fmt.Errorf("there is no part %q; the parts are %s", args[0], strings.Join(names, ", "))
}

// configure reads flags, and for those not given the environment.
func configure(args []string, getenv func(string) string, complaints io.Writer) (system.Config, error) {
	flags := flag.NewFlagSet("traveldoc-standalone", flag.ContinueOnError)
	flags.SetOutput(complaints)
	folder := flags.String("state", "", "folder that keeps everything (TRAVELDOC_STATE)")
	choice := flags.String("ports", getenv("TRAVELDOC_PORTS"), "\"auto\": any free ports, kept in the state folder (TRAVELDOC_PORTS)")
	cfg := system.Config{
		Ports:       map[string]int{},
		DatabaseURL: getenv("DATABASE_URL"),
		Bind:        getenv("TRAVELDOC_BIND"),
		Trial: system.Trial{
			MailURL: getenv("TRAVELDOC_SENDGRID_URL"), MailKey: getenv("TRAVELDOC_SENDGRID_KEY"),
			WebhookURL: getenv("TRAVELDOC_WEBHOOK_URL"),
			Issuer:     getenv("TRAVELDOC_OIDC_ISSUER"), Audience: getenv("TRAVELDOC_OIDC_AUDIENCE"),
			Public: getenv("TRAVELDOC_IDP_PUBLIC_URL"),
		},
		Log: slog.New(slog.NewTextHandler(complaints, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	chosen := map[string]*string{}
	for _, port := range system.Ports() {
		variable := "TRAVELDOC_" + strings.ToUpper(strings.ReplaceAll(port.Name, "-", "_")) + "_PORT"
		usage := fmt.Sprintf("port of %s, %d unless chosen (%s)", port.Purpose, port.Default, variable)
		chosen[port.Name] = flags.String(port.Name+"-port", getenv(variable), usage)
	}
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	if flags.NArg() > 0 {
		return cfg, fmt.Errorf("the argument %q means nothing; flags begin with --", flags.Arg(0))
	}
	if *choice != "" && *choice != "auto" {
		return cfg, fmt.Errorf("--ports is %q; the only choice is auto", *choice)
	}
	cfg.AutoPorts = *choice == "auto"
	for name, text := range chosen {
		if *text == "" {
			continue
		}
		port, err := strconv.ParseUint(*text, 10, 16)
		if err != nil || port == 0 {
			return cfg, fmt.Errorf("--%s-port is %q; a port is a number from 1 to 65535", name, *text)
		}
		cfg.Ports[name] = int(port)
	}
	var err error
	if cfg.State = *folder; cfg.State == "" {
		cfg.State, err = state.DefaultPath(getenv, os.Geteuid() == 0)
	}
	return cfg, err
}
