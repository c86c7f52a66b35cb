package main

import (
	"context"
	"errors"
	"sync"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
)

const (
	openAtOnce = 24
	// firstOpened are opened before the heap is looked at, so that what a process
	// makes once is not counted to workflows.
	firstOpened = 50
	mebibyte    = 1 << 20
)

// opening holds many requests open and looks at the worker's memory: first at
// the heap while all of them are cached, then at the whole process.
func (b *bench) opening(ctx context.Context) error {
	return b.withOurs(ctx, func(side *ours.Side, running *ours.Running) error {
		run := report.Run{Kind: report.Opening, Side: report.Ours, Round: 1, Open: b.open}
		if err := openMany(ctx, side, firstOpened); err != nil {
			return err
		}
		var before, after process.Heap
		if err := running.Worker.Ask(ctx, "/heap", &before); err != nil {
			return err
		}
		if err := openMany(ctx, side, b.cached); err != nil {
			return err
		}
		if err := running.Worker.Ask(ctx, "/heap", &after); err != nil {
			return err
		}
		run.Bytes = float64(after.Bytes-before.Bytes) / float64(b.cached)
		if err := openMany(ctx, side, b.open-b.cached-firstOpened); err != nil {
			return err
		}
		memory, err := running.Worker.Memory()
		if err != nil {
			return err
		}
		run.RSS, run.PeakRSS = float64(memory.Resident)/mebibyte, float64(memory.Peak)/mebibyte
		b.note(run)
		b.tell("ours: %d open, worker %.0f MiB (at most %.0f), %.0f bytes for each cached", run.Open, run.RSS, run.PeakRSS, run.Bytes)
		return nil
	})
}

// openMany opens requests through the API and leaves them open.
func openMany(ctx context.Context, side *ours.Side, count int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	open := script.Life()[0]
	var opening sync.WaitGroup
	var mutex sync.Mutex
	var failed error
	left := count
	next := func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		left--
		return left >= 0 && failed == nil
	}
	for slot := range openAtOnce {
		opening.Go(func() {
			for next() {
				if err := side.Begin(slot).Take(ctx, open); err != nil {
					mutex.Lock()
					failed = errors.Join(failed, err)
					mutex.Unlock()
				}
			}
		})
	}
	opening.Wait()
	return failed
}
