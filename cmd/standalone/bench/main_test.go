package main

import (
	"context"
	"os"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/history"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
)

// TestMain lets this test program play the roles that a benchmark starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == process.RoleArgument {
		main()
		return
	}
	os.Exit(m.Run())
}

func startMachine(t *testing.T) *machine.Machine {
	t.Helper()
	running, err := machine.Start(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return running
}

func TestTheFloorLivesOnTheRealEngine(t *testing.T) {
	running := startMachine(t)
	worker, err := process.Start(t.Context(), floor.Role, floor.Config{Address: running.EngineAddress(), Namespace: engine.Namespace}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer worker.Stop()
	side := &floor.Side{Engine: running.Client, Steps: script.Life()}
	for _, lived := range load.Fixed(t.Context(), side, script.Life(), 3, 3) {
		if lived.Err != nil {
			t.Fatal(lived.Err)
		}
		chain, err := history.Read(t.Context(), running.Client, lived.ID)
		if err != nil {
			t.Fatal(err)
		}
		got := chain.Tally()
		got.Events = 0
		want := history.Tally{Runs: 1, Updates: len(script.Life()) - 1, Timers: script.Timers, Activities: script.Mails, Completed: true}
		if got != want {
			t.Errorf("a life of the floor left %+v, want %+v", got, want)
		}
	}
}

func TestOursLivesOnTheRealEngine(t *testing.T) {
	running := startMachine(t)
	const slots = 3
	town, err := ours.NewTown(t.Context(), running, slots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, town.Close()) })
	processes, err := town.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, processes.Stop()) })
	side, err := town.Side(slots)
	if err != nil {
		t.Fatal(err)
	}
	for _, lived := range load.Fixed(t.Context(), side, script.Life(), slots, slots) {
		if lived.Err != nil {
			t.Fatal(lived.Err)
		}
		chain, err := history.Read(t.Context(), running.Client, lived.ID)
		must(t, err)
		got := chain.Tally()
		if got.Updates != len(script.Life())-1 || got.Timers != script.Timers || !got.Completed {
			t.Errorf("a life of ours left %+v", got)
		}
		t.Logf("%+v", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
