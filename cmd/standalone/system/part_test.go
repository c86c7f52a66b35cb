package system

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

// diary notes what happens to parts, in order.
type diary struct {
	sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.Lock()
	defer d.Unlock()
	d.lines = append(d.lines, line)
}

type fakePart struct {
	name    string
	diary   *diary
	refuses error
	started func(*running)
}

func (f fakePart) Name() string { return f.name }

func (f fakePart) Start(context.Context, *House) (Running, error) {
	if f.refuses != nil {
		return nil, f.refuses
	}
	f.diary.note("start " + f.name)
	part := newRunning(func(context.Context) error {
		f.diary.note("stop " + f.name)
		return nil
	})
	if f.started != nil {
		f.started(part)
	}
	return part, nil
}

func TestPartsStopInReverseOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	notes := &diary{}
	parts := []Part{
		fakePart{name: "a", diary: notes},
		fakePart{name: "b", diary: notes},
		fakePart{name: "c", diary: notes, started: func(*running) { cancel() }},
	}
	var out bytes.Buffer
	if err := Run(ctx, open(t, Config{}), parts, &out, "all ready"); err != nil {
		t.Fatal(err)
	}
	want := []string{"start a", "start b", "start c", "stop c", "stop b", "stop a"}
	if !slices.Equal(notes.lines, want) {
		t.Errorf("it went %v", notes.lines)
	}
	if strings.Count(out.String(), "all ready") != 1 {
		t.Errorf("the output is\n%s", &out)
	}
}

func TestPartThatEndsByItselfEndsAll(t *testing.T) {
	notes := &diary{}
	broken := errors.New("it broke")
	parts := []Part{
		fakePart{name: "a", diary: notes},
		fakePart{name: "b", diary: notes, started: func(part *running) { part.failed <- broken }},
	}
	err := Run(t.Context(), open(t, Config{}), parts, &bytes.Buffer{}, "ready")
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "b ended") {
		t.Errorf("the error is %v", err)
	}
	if !slices.Contains(notes.lines, "stop a") {
		t.Errorf("it went %v", notes.lines)
	}
}

func TestPartThatDoesNotStartStopsTheOthers(t *testing.T) {
	notes := &diary{}
	refused := errors.New("no room")
	parts := []Part{fakePart{name: "a", diary: notes}, fakePart{name: "b", diary: notes, refuses: refused}}
	var out bytes.Buffer
	if err := Run(t.Context(), open(t, Config{}), parts, &out, "all ready"); !errors.Is(err, refused) {
		t.Errorf("the error is %v", err)
	}
	if !slices.Equal(notes.lines, []string{"start a", "stop a"}) {
		t.Errorf("it went %v", notes.lines)
	}
	if strings.Contains(out.String(), "all ready") {
		t.Error("it called itself ready")
	}
}

func TestPartRunsOnceOnAFolder(t *testing.T) {
	folder := trial.Folder(t)
	release, err := folder.Lock("a")
	if err != nil {
		t.Fatal(err)
	}
	house, err := Open(Config{State: folder.Path(), Log: trial.Log()})
	if err != nil {
		t.Fatal(err)
	}
	part := fakePart{name: "a", diary: &diary{}}
	err = Run(t.Context(), house, []Part{part}, &bytes.Buffer{}, "ready")
	if err == nil || !strings.Contains(err.Error(), "already runs") {
		t.Errorf("the error is %v", err)
	}
	release()
	ctx, cancel := context.WithCancel(t.Context())
	part.started = func(*running) { cancel() }
	if err := Run(ctx, house, []Part{part}, &bytes.Buffer{}, "ready"); err != nil {
		t.Errorf("after the other has ended: %v", err)
	}
}
