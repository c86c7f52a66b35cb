package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// runClocks answers the question in a file as POST /v1/clocks/preview does,
// with no database and no engine. Offices and posts are those of the example
// directory unless -directory names another file.
func runClocks(_ context.Context, args []string, t terminal) error {
	flags := flag.NewFlagSet("clocks", flag.ContinueOnError)
	flags.SetOutput(t.logging)
	people := flags.String("directory", "", "directory file instead of the example")
	if flags.Parse(args) != nil || flags.NArg() != 1 {
		return errUsage
	}
	seed := directory.ExampleSeed()
	if *people != "" {
		var err error
		if seed, err = os.ReadFile(*people); err != nil {
			return fmt.Errorf("read directory: %w", err)
		}
	}
	snapshot, err := directory.ParseSeed(seed)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	packs, err := playbook.Load()
	if err != nil {
		return fmt.Errorf("load country packs: %w", err)
	}
	question, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("read question: %w", err)
	}
	answer, err := api.PreviewClocksJSON(question, packs, snapshot, serve.SystemClock{}.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, string(answer))
	return err
}
