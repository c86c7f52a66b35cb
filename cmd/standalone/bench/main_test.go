package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/history"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/workflows"
)

// TestMain lets this test program play the roles that a benchmark starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == process.RoleArgument {
		main()
		return
	}
	os.Exit(m.Run())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lives are enough to see that lives at the same time do not share their mails.
const lives = 3

func TestBothSidesLiveOnTheRealEngine(t *testing.T) {
	b := &bench{log: &tail{}, say: io.Discard}
	var err error
	b.machine, err = machine.Start(t.Context(), b.log)
	must(t, err)
	t.Cleanup(func() { must(t, b.machine.Stop(context.WithoutCancel(t.Context()))) })
	b.town, err = ours.NewTown(t.Context(), b.machine, slots)
	must(t, err)
	t.Cleanup(func() { must(t, b.town.Close()) })

	t.Run("floor", func(t *testing.T) {
		must(t, b.withFloor(t.Context(), script.Life(), func(side load.Side, _ *process.Process) error {
			for _, tally := range liveAndRead(t, b, side, floor.RegisterWorkflow) {
				want := history.Tally{Runs: 1, Events: tally.Events, Updates: len(script.Life()) - 1, Timers: script.Timers, Activities: script.Mails, Completed: true}
				if tally != want {
					t.Errorf("a life of the floor left %+v, want %+v", tally, want)
				}
			}
			return nil
		}))
	})
	t.Run("ours", func(t *testing.T) {
		must(t, b.withOurs(t.Context(), func(side *ours.Side, running *ours.Running) error {
			for _, tally := range liveAndRead(t, b, side, workflows.RegisterRequests) {
				// On a busy machine what two timers wait for is due when the first fires.
				if tally.Updates != len(script.Life())-1 || tally.Timers < 1 || tally.Timers > script.Timers || !tally.Completed {
					t.Errorf("a life of ours left %+v", tally)
				}
			}
			if got := b.town.Postbox.Total(); got != lives*script.Mails {
				t.Errorf("%d lives had %d mails, want %d each", lives, got, script.Mails)
			}
			var own []float64
			if err := running.API.Ask(t.Context(), "/own", &own); err != nil || len(own) != lives {
				t.Errorf("the API's own share was measured %d times, want %d (%v)", len(own), lives, err)
			}
			return nil
		}))
	})
}

// liveAndRead lives some lives, reads them back and replays each twice.
func liveAndRead(t *testing.T, b *bench, side load.Side, register func(worker.WorkflowRegistry)) []history.Tally {
	t.Helper()
	replayer, err := history.NewReplayer(machine.Quiet(), b.town.Reading, register)
	must(t, err)
	var tallies []history.Tally
	for _, lived := range load.Fixed(t.Context(), side, script.Life(), lives, lives) {
		must(t, lived.Err)
		chain, err := history.Read(t.Context(), b.machine.Client, lived.ID)
		must(t, err)
		for range 2 {
			_, err := replayer.Took(chain)
			must(t, err)
		}
		tallies = append(tallies, chain.Tally())
	}
	return tallies
}

func TestSpreadPicksEvenly(t *testing.T) {
	all := make([]load.Lived, 10)
	for i := range all {
		all[i].ID = strconv.Itoa(i)
	}
	var ids []string
	for _, lived := range spread(all, 4) {
		ids = append(ids, lived.ID)
	}
	if !slices.Equal(ids, []string{"0", "2", "5", "7"}) || len(spread(all, 20)) != 10 {
		t.Errorf("picked %v", ids)
	}
}

func TestReadyWaitsForTheLine(t *testing.T) {
	program := filepath.Join(t.TempDir(), "standalone")
	for _, c := range []struct {
		name, says string
		fails      bool
	}{
		{"ready", "echo starting\necho traveldoc ready http://127.0.0.1:1\nexec sleep 600\n", false},
		{"broken", "echo starting\necho no disk >&2\nexit 1\n", true},
		{"silent", "echo starting\n", true},
	} {
		must(t, os.WriteFile(program, []byte("#!/bin/sh\n"+c.says), 0o755))
		took, err := ready(t.Context(), program, t.TempDir())
		if (err != nil) != c.fails || (took > 0) == c.fails {
			t.Errorf("%s: took %v, %v", c.name, took, err)
		}
	}
}
