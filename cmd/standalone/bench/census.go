package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/history"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
	"github.com/traveldoc/traveldoc/workflows"
)

const (
	// censusAtOnce keeps the machine busy and away from its limit.
	censusAtOnce = 16
	// settled is how long the last mails' delivery reports get to come in.
	settled = 3 * time.Second
)

// census lives a known number of lives and counts everything about them.
func (b *bench) census(ctx context.Context) error {
	err := b.withFloor(ctx, script.Life(), func(side load.Side, _ *process.Process) error {
		run := report.Run{Kind: report.Census, Side: report.Floor, Round: 1}
		lives, err := b.known(ctx, side, &run)
		if err != nil {
			return err
		}
		return b.replayed(ctx, &run, lives, floor.RegisterWorkflow)
	})
	if err != nil {
		return err
	}
	return b.withOurs(ctx, func(side *ours.Side, _ *ours.Running) error {
		return b.oursCensus(ctx, side)
	})
}

func (b *bench) oursCensus(ctx context.Context, side *ours.Side) error {
	// What is done once for each process is no life's share.
	if err := allLived(load.Fixed(ctx, side, script.Undisturbed(), censusAtOnce, censusAtOnce)); err != nil {
		return err
	}
	if err := b.machine.Statements.Begin(ctx); err != nil {
		return err
	}
	run := report.Run{Kind: report.Census, Side: report.Ours, Round: 1}
	began, mails := time.Now(), b.town.Postbox.Total()
	lives, err := b.known(ctx, side, &run)
	if err != nil {
		return err
	}
	time.Sleep(settled)
	counted, err := b.machine.Statements.End(ctx)
	if err != nil {
		return err
	}
	run.Statements = float64(machine.Total(counted)) / float64(len(lives))
	run.Mails = float64(b.town.Postbox.Total()-mails) / float64(len(lives))
	if run.MailboxEvents, err = b.mailboxShare(ctx, began, len(lives)); err != nil {
		return err
	}
	if err := b.keepStatements(counted, len(lives)); err != nil {
		return err
	}
	return b.replayed(ctx, &run, lives, workflows.RegisterRequests)
}

// known lives so many lives and counts them.
func (b *bench) known(ctx context.Context, side load.Side, run *report.Run) ([]load.Lived, error) {
	lives := load.Fixed(ctx, side, script.Life(), b.censusLives, censusAtOnce)
	if err := allLived(lives); err != nil {
		return nil, err
	}
	run.Lives, run.OtherMails = len(lives), otherMails(lives)
	return lives, b.readBack(ctx, run, lives)
}

// allLived: none may fail where everything is counted. One that had its
// notices in fewer mails has lived; how many mails there were is told.
func allLived(lives []load.Lived) error {
	for _, lived := range lives {
		if lived.Err != nil && !errors.Is(lived.Err, load.ErrUncounted) {
			return fmt.Errorf("live a counted life: %w", lived.Err)
		}
	}
	return nil
}

// otherMails counts the lives that had another number of mails than the script has.
func otherMails(lives []load.Lived) int {
	count := 0
	for _, lived := range lives {
		if errors.Is(lived.Err, load.ErrUncounted) {
			count++
		}
	}
	return count
}

// replayed notes how long replaying a life takes; the first pass warms up.
func (b *bench) replayed(ctx context.Context, run *report.Run, lives []load.Lived, register func(worker.WorkflowRegistry)) error {
	replayer, err := history.NewReplayer(machine.Quiet(), b.town.Reading, register)
	if err != nil {
		return err
	}
	var chains []history.Chain
	for _, lived := range lives {
		chain, err := history.Read(ctx, b.machine.Client, lived.ID)
		if err != nil {
			return err
		}
		if _, err := replayer.Took(chain); err != nil {
			return err
		}
		chains = append(chains, chain)
	}
	var took []time.Duration
	for _, chain := range chains {
		once, err := replayer.Took(chain)
		if err != nil {
			return err
		}
		took = append(took, once)
	}
	run.Replay = stat.Median(stat.Milliseconds(took))
	b.note(*run)
	b.tell("%s: %d lives counted: %.0f events, %.0f in mailboxes, %.0f statements, %.1f mails, replay %.2f ms",
		run.Side, run.Lives, run.Events, run.MailboxEvents, run.Statements, run.Mails, run.Replay)
	return nil
}

// keepStatements writes what was counted beside the profiles, for whoever
// looks for a statement too many.
func (b *bench) keepStatements(counted []machine.Counted, lives int) error {
	if b.profiles == "" {
		return nil
	}
	var text strings.Builder
	for _, statement := range counted {
		fmt.Fprintf(&text, "%8.2f  %s\n", float64(statement.Calls)/float64(lives), strings.Join(strings.Fields(statement.Text), " "))
	}
	return os.WriteFile(filepath.Join(b.profiles, "statements.txt"), []byte(text.String()), 0o644)
}
