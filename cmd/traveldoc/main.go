// Command traveldoc is the production binary. Each of its parts is one
// subcommand, configured by the environment:
//
//	traveldoc api              serve the HTTP API
//	traveldoc worker           carry requests, clocks and mails on
//	traveldoc migrate          bring the database up to date
//	traveldoc directory FILE   load people, offices, posts and desks
//	traveldoc keys WHAT        make, replace and count keys while the system runs
//	traveldoc audit WHAT       verify and prove the log of who did what
//	traveldoc retention WHAT   list and destroy what is kept no longer
//	traveldoc codec            open histories for auditors in the Temporal UI
//	traveldoc clocks FILE      work out both clocks from dated events, storing nothing
//	traveldoc doctor           check a running deployment end to end
//	traveldoc probe URL        succeed if the address answers with 2xx
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // a small machine may have no zone files

	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

func main() {
	sanitise.Divert()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], terminal{os.LookupEnv, os.Stdin, os.Stdout, os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, "traveldoc:", err)
		os.Exit(1)
	}
}

// terminal is what a command is run with.
type terminal struct {
	env     func(string) (string, bool)
	in      io.Reader
	out     io.Writer
	logging io.Writer
}

type command struct {
	name string
	args string // of its usage
	run  func(ctx context.Context, args []string, t terminal) error
}

func commands() []command {
	return []command{
		{"api", "", runAPI},
		{"worker", "", runWorker},
		{"migrate", "", runMigrate},
		{"directory", "FILE", runDirectory},
		{"keys", "create REFERENCE | rotate master|data|index|payload | retire master | status", runKeys},
		{"audit", "key FILE | rotate-key | verify | prove NUMBER | salt NUMBER FIELD -by PERSON | export REQUEST -by PERSON FOLDER", runAudit},
		{"retention", "due | destroy [-confirm -by PERSON]", runRetention},
		{"codec", "", runCodec},
		{"clocks", "[-directory FILE] FILE", runClocks},
		{"doctor", "", runDoctor},
		{"probe", "URL", runProbe},
	}
}

var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, t terminal) error {
	all := commands()
	if len(args) > 0 {
		at := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
		if at >= 0 {
			return usage(all[at], all[at].run(ctx, args[1:], t))
		}
	}
	var names []string
	for _, c := range all {
		names = append(names, strings.TrimSpace(c.name+" "+c.args))
	}
	return fmt.Errorf("say what to do: traveldoc %s", strings.Join(names, ", traveldoc "))
}

func usage(c command, err error) error {
	if errors.Is(err, errUsage) {
		return fmt.Errorf("say it so: traveldoc %s", strings.TrimSpace(c.name+" "+c.args))
	}
	return err
}
