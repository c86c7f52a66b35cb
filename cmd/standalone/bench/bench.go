package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
)

// slots is how many lives there are people for at the same time.
const slots = 640

// bench is one benchmark under way.
type bench struct {
	options
	machine *machine.Machine
	town    *ours.Town
	figures report.Figures
	say     io.Writer // progress
	log     *tail     // of the parts
	began   time.Time
}

// measure runs everything and concludes. Whatever fails ends it: a benchmark
// that leaves something out would report less than it seems to.
func measure(ctx context.Context, o options, say io.Writer) (report.Figures, error) {
	b := &bench{options: o, say: say, began: time.Now(), log: &tail{}}
	b.figures.Setting = report.Setting{At: b.began.UTC().Truncate(time.Second), CPUs: runtime.NumCPU(), Go: runtime.Version(), Quick: o.quick}
	err := b.onMachine(ctx)
	if err == nil {
		err = b.readiness(ctx)
	}
	if err != nil {
		return b.figures, b.log.explain(err)
	}
	b.figures.Setting.Took = time.Since(b.began).Seconds()
	b.figures.Conclude()
	return b.figures, nil
}

// onMachine measures what needs database and engine.
func (b *bench) onMachine(ctx context.Context) (err error) {
	b.tell("starting database and engine")
	if b.machine, err = machine.Start(ctx, b.log); err != nil {
		return err
	}
	closing := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, b.machine.Stop(closing)) }()
	b.figures.Setting.Database = "PostgreSQL " + b.machine.Version
	if b.town, err = ours.NewTown(ctx, b.machine, slots); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.town.Close()) }()
	for _, part := range []func(context.Context) error{b.search, b.throughput, b.latency, b.cold, b.census, b.opening} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// tell says how far it has come.
func (b *bench) tell(format string, arguments ...any) {
	fmt.Fprintf(b.say, "%6.0f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, arguments...))
}

func (b *bench) note(run report.Run) { b.figures.Runs = append(b.figures.Runs, run) }

// withFloor starts the floor's worker for as long as something is measured.
// Each run has fresh processes, so that none inherits what an earlier one left.
func (b *bench) withFloor(ctx context.Context, steps []script.Step, measure func(load.Side, *process.Process) error) error {
	worker, err := process.Start(ctx, floor.Role, floor.Config{Address: b.machine.EngineAddress(), Namespace: engine.Namespace}, b.machine.Log)
	if err != nil {
		return err
	}
	return errors.Join(measure(&floor.Side{Engine: b.machine.Client, Steps: steps}, worker), worker.Stop())
}

// withOurs starts API and worker likewise.
func (b *bench) withOurs(ctx context.Context, measure func(*ours.Side, *ours.Running) error) error {
	running, err := b.town.Start(ctx)
	if err != nil {
		return err
	}
	side, err := b.town.Side(slots)
	if err != nil {
		return errors.Join(err, running.Stop())
	}
	defer side.Close()
	return errors.Join(measure(side, running), running.Stop())
}

// tail keeps the last lines that the parts logged, to explain a failure.
type tail struct {
	mutex sync.Mutex
	lines []string
}

const tailLines = 20

func (t *tail) Write(content []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.lines = append(t.lines, strings.TrimRight(string(content), "\n"))
	t.lines = t.lines[max(0, len(t.lines)-tailLines):]
	return len(content), nil
}

func (t *tail) explain(err error) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.lines) == 0 {
		return err
	}
	return fmt.Errorf("%w\nthe parts said last:\n%s", err, strings.Join(t.lines, "\n"))
}
