package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
)

// gainless is the gain below which more lives at once are not worth it.
const gainless = 0.05

// search finds how many lives at once saturate the floor.
func (b *bench) search(ctx context.Context) error {
	concurrency, points, err := stat.Saturation(b.searchFirst, b.searchLimit, gainless, func(concurrency int) (float64, error) {
		rate := 0.0
		err := b.withFloor(ctx, script.Life(), func(side load.Side, _ *process.Process) error {
			result, err := b.closed(side, concurrency, b.searchTime).Run(ctx)
			rate = result.Rate()
			return err
		})
		b.tell("floor: %d at once live %.2f lives a second", concurrency, rate)
		return rate, err
	})
	b.figures.Setting.Concurrency, b.figures.Setting.Search = concurrency, points
	b.tell("the floor is saturated by %d at once", concurrency)
	return err
}

func (b *bench) closed(side load.Side, concurrency int, window time.Duration) load.Closed {
	return load.Closed{
		Side: side, Steps: script.Life(), Concurrency: concurrency, Stagger: b.stagger, WarmUp: b.warmUp, Window: window,
	}
}

// throughput lives both sides in turn; who goes first changes from round to
// round, so that a database that grows favours nobody.
func (b *bench) throughput(ctx context.Context) error {
	for round := 1; round <= b.rounds; round++ {
		sides := []func(context.Context, int) error{b.floorThroughput, b.oursThroughput}
		if round%2 == 0 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			if err := side(ctx, round); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) floorThroughput(ctx context.Context, round int) error {
	return b.withFloor(ctx, script.Life(), func(side load.Side, worker *process.Process) error {
		run := report.Run{Kind: report.Throughput, Side: report.Floor, Round: round}
		meter := b.meter(map[string]*process.Process{"worker": worker})
		result, err := b.closed(side, b.figures.Setting.Concurrency, b.window).Run(ctx)
		if err != nil {
			return err
		}
		if run.CPU, err = meter.perLife(result.All); err != nil {
			return err
		}
		return b.conclude(ctx, &run, result)
	})
}

func (b *bench) oursThroughput(ctx context.Context, round int) error {
	return b.withOurs(ctx, func(side *ours.Side, running *ours.Running) error {
		stop := b.profile(ctx, round, running)
		meter := b.meter(map[string]*process.Process{"worker": running.Worker, "api": running.API})
		began, mails := time.Now(), b.town.Postbox.Total()
		result, err := b.closed(side, b.figures.Setting.Concurrency, b.window).Run(ctx)
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		run := report.Run{Kind: report.Throughput, Side: report.Ours, Round: round, AfterwardsN: side.Later()}
		if run.CPU, err = meter.perLife(result.All); err != nil {
			return err
		}
		run.Mails = float64(b.town.Postbox.Total()-mails) / float64(result.All)
		if run.MailboxEvents, err = b.mailboxShare(ctx, began, result.All); err != nil {
			return err
		}
		return b.conclude(ctx, &run, result)
	})
}

// conclude notes what a throughput run brought, with counts read back.
func (b *bench) conclude(ctx context.Context, run *report.Run, result load.Throughput) error {
	run.Lives, run.Failed, run.PerSecond = len(result.Counted), len(result.Failed), result.Rate()
	run.OtherMails = otherMails(result.Failed)
	if err := b.readBack(ctx, run, result.Counted); err != nil {
		return err
	}
	b.note(*run)
	b.tell("%s %d: %.2f lives a second, %d counted, %d not (%d for their mails), %.0f events a life, %.0f in mailboxes, CPU %s",
		run.Side, run.Round, run.PerSecond, run.Lives, run.Failed, run.OtherMails, run.Events, run.MailboxEvents, spendings(run.CPU))
	return nil
}
