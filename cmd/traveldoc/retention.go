package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/retention"
)

// runRetention lists whose data is kept no longer, and destroys it only when
// told so in the name of a person.
func runRetention(ctx context.Context, args []string, t terminal) error {
	if len(args) == 0 || (args[0] != "due" && args[0] != "destroy") {
		return errUsage
	}
	flags := flag.NewFlagSet("retention", flag.ContinueOnError)
	flags.SetOutput(t.logging)
	confirmed := flags.Bool("confirm", false, "destroy, and not only tell what would be destroyed")
	by := flags.String("by", "", "who orders it: an administrator or counsel")
	if flags.Parse(args[1:]) != nil || flags.NArg() > 0 || *confirmed != (*by != "") || (*confirmed && args[0] == "due") {
		return errUsage
	}
	w, err := world(t, config.Retention)
	if err != nil {
		return err
	}
	return serve.WithKeeper(ctx, w, *by, func(keeper *retention.Keeper) error {
		if *confirmed {
			return keeper.Destroy(ctx, *by, func(personID string) { fmt.Fprintln(t.out, "destroyed", personID) })
		}
		return tellDue(ctx, keeper, t)
	})
}

func tellDue(ctx context.Context, keeper *retention.Keeper, t terminal) error {
	due, err := keeper.Due(ctx)
	for _, each := range due {
		fmt.Fprintf(t.out, "%s due since %s, %d requests\n", each.PersonID, each.Since.UTC().Format(time.DateOnly), each.Requests)
	}
	fmt.Fprintf(t.out, "%d persons are due; nothing was destroyed\n", len(due))
	return err
}
