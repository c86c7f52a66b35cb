package main

import (
	"context"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/history"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
	"github.com/traveldoc/traveldoc/workflows"
)

// sample is how many lives of a run have their histories read back.
const sample = 60

// readBack counts a run's lives by the engine's own histories. A life that
// counts and does not have the script's Updates, or has not ended, is a fault of the
// benchmark.
func (b *bench) readBack(ctx context.Context, run *report.Run, lives []load.Lived) error {
	var events, timers []float64
	for _, lived := range spread(lives, sample) {
		chain, err := history.Read(ctx, b.machine.Client, lived.ID)
		if err != nil {
			return err
		}
		tally := chain.Tally()
		if updates := len(script.Life()) - 1; tally.Updates != updates || !tally.Completed {
			return fmt.Errorf("%s counts, and its history tells otherwise: %+v", lived.ID, tally)
		}
		events, timers = append(events, float64(tally.Events)), append(timers, float64(tally.Timers))
	}
	run.Events, run.Timers = stat.Mean(events), stat.Mean(timers)
	return nil
}

// spread picks at most count lives, evenly over all.
func spread(lives []load.Lived, count int) []load.Lived {
	if len(lives) <= count {
		return lives
	}
	picked := make([]load.Lived, count)
	for i := range picked {
		picked[i] = lives[i*len(lives)/count]
	}
	return picked
}

// listed is how long the engine's list takes to hold what has just begun.
const listed = 2 * time.Second

// mailboxShare is how many events the mailboxes' histories have for each life.
func (b *bench) mailboxShare(ctx context.Context, since time.Time, lives int) (float64, error) {
	time.Sleep(listed)
	runs, err := history.BegunSince(ctx, b.machine.Client, workflows.MailboxType, since)
	if err != nil {
		return 0, err
	}
	events, err := history.Events(ctx, b.machine.Client, runs)
	return stat.Ratio(float64(events), float64(lives)), err
}
