package main

import (
	"context"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
)

// lifeTime is how long a life takes that is paced by the clock.
const lifeTime = 8 * time.Second

// latency paces both sides at half of what the floor can do.
func (b *bench) latency(ctx context.Context) error {
	b.figures.Conclude()
	b.figures.Setting.OpenRate = b.figures.FloorLivesPerSecond / 2
	for round := 1; round <= b.latencyRounds; round++ {
		err := b.withFloor(ctx, script.Life(), func(side load.Side, _ *process.Process) error {
			run := report.Run{Kind: report.Latency, Side: report.Floor, Round: round}
			return b.paced(ctx, side, &run, nil)
		})
		if err != nil {
			return err
		}
		err = b.withOurs(ctx, func(side *ours.Side, running *ours.Running) error {
			run := report.Run{Kind: report.Latency, Side: report.Ours, Round: round}
			return b.paced(ctx, side, &run, running.API)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// paced runs one side; what the API itself took is asked of its process, where there is one.
func (b *bench) paced(ctx context.Context, side load.Side, run *report.Run, api *process.Process) error {
	waits, err := load.Open{
		Side: side, Steps: script.Life(), Rate: b.figures.Setting.OpenRate, Slots: slots, WarmUp: lifeTime, Window: b.latencyWindow,
	}.Run(ctx)
	if err != nil {
		return err
	}
	took := stat.Milliseconds(waits.Took())
	run.Updates, run.Late, run.Failed = len(took), waits.Late, len(waits.Failed)
	run.P50, run.P99, run.Max = stat.Percentile(took, 50), stat.Percentile(took, 99), stat.Percentile(took, 100)
	if api != nil {
		var own []float64
		if err := api.Ask(ctx, "/own", &own); err != nil {
			return err
		}
		run.APIOpenP95 = stat.Percentile(own, 95)
	}
	b.note(*run)
	b.tell("%s %d: %d Updates, p50 %.1f ms, p99 %.1f ms, at most %.1f ms, opening's own p95 %.2f ms",
		run.Side, run.Round, run.Updates, run.P50, run.P99, run.Max, run.APIOpenP95)
	return nil
}

// cold measures single Updates of workflows that the worker has forgotten.
func (b *bench) cold(ctx context.Context) error {
	return b.withOurs(ctx, func(side *ours.Side, running *ours.Running) error {
		forgetful := &forgetful{Side: side, worker: running.Worker}
		for _, lived := range load.Fixed(ctx, forgetful, script.Undisturbed(), b.coldLives, 1) {
			if lived.Err != nil {
				return lived.Err
			}
		}
		took := stat.Milliseconds(forgetful.took)
		run := report.Run{
			Kind: report.Cold, Side: report.Ours, Round: 1, Lives: b.coldLives, Updates: len(took),
			P50: stat.Percentile(took, 50), P99: stat.Percentile(took, 99), Max: stat.Percentile(took, 100),
		}
		b.note(run)
		b.tell("ours: %d cold Updates, p50 %.1f ms", run.Updates, run.P50)
		return nil
	})
}

// forgetful has the worker forget every workflow before each Update.
type forgetful struct {
	load.Side
	worker *process.Process
	mutex  sync.Mutex
	took   []time.Duration
}

func (f *forgetful) Begin(slot int) load.Life { return &forgotten{f.Side.Begin(slot), f} }

type forgotten struct {
	load.Life
	by *forgetful
}

func (f *forgotten) Take(ctx context.Context, step script.Step) error {
	if !step.Update() {
		return f.Life.Take(ctx, step)
	}
	if err := f.by.worker.Ask(ctx, "/evict", nil); err != nil {
		return err
	}
	began := time.Now()
	if err := f.Life.Take(ctx, step); err != nil {
		return err
	}
	f.by.mutex.Lock()
	defer f.by.mutex.Unlock()
	f.by.took = append(f.by.took, time.Since(began))
	return nil
}
