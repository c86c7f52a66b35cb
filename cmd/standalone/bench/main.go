// Command bench measures traveldoc against the floor that its engine sets and
// prints the figures beside their targets.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/history"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// roles are the processes that the benchmark starts from its own program.
func roles() map[string]process.Role {
	return map[string]process.Role{
		machine.EngineRole: machine.PlayEngine,
		floor.Role:         floor.Play(machine.Quiet()),
		ours.APIRole:       ours.PlayAPI,
		ours.WorkerRole:    ours.PlayWorker,
	}
}

func run(arguments []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(arguments) == 2 && arguments[0] == process.RoleArgument {
		role, known := roles()[arguments[1]]
		if !known {
			return fmt.Errorf("there is no role %s", arguments[1])
		}
		return process.Play(context.WithoutCancel(ctx), role)
	}
	o, err := parse(arguments, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	figures, err := measure(ctx, o, os.Stderr)
	var unreplayed *history.ReplayError
	if errors.As(err, &unreplayed) {
		return errors.Join(err, unreplayed.Keep(o.out+".history"))
	}
	if err != nil {
		return err
	}
	return errors.Join(figures.Write(o.out), figures.Table(os.Stdout))
}
