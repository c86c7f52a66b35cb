package process

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestMain lets this test program play the roles that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == RoleArgument {
		if err := Play(context.Background(), roles()[os.Args[2]]); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type greeting struct{ Name string }

func roles() map[string]Role {
	return map[string]Role{
		"greeter": func(_ context.Context, config json.RawMessage, controls *http.ServeMux) (func() error, error) {
			var who greeting
			if err := json.Unmarshal(config, &who); err != nil {
				return nil, err
			}
			controls.HandleFunc("POST /greet", func(w http.ResponseWriter, _ *http.Request) { Answer(w, greeting{"hello " + who.Name}) })
			return func() error { return nil }, nil
		},
		"broken": func(context.Context, json.RawMessage, *http.ServeMux) (func() error, error) {
			return nil, errors.New("no engine")
		},
		"grudger": func(context.Context, json.RawMessage, *http.ServeMux) (func() error, error) {
			return func() error { return errors.New("something was lost") }, nil
		},
	}
}

func TestAProcessServesUntilItIsStopped(t *testing.T) {
	p, err := Start(t.Context(), "greeter", greeting{"bench"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var answer greeting
	if err := p.Ask(t.Context(), "/greet", &answer); err != nil || answer.Name != "hello bench" {
		t.Errorf("said %q, %v", answer.Name, err)
	}
	var heap Heap
	if err := p.Ask(t.Context(), "/heap", &heap); err != nil || heap.Bytes <= 0 {
		t.Errorf("heap of %d bytes, %v", heap.Bytes, err)
	}
	if memory, err := p.Memory(); err != nil || memory.Resident < heap.Bytes || memory.Peak < memory.Resident {
		t.Errorf("memory %+v with a heap of %d, %v", memory, heap.Bytes, err)
	}
	if err := p.Ask(t.Context(), "/nothing", nil); err == nil {
		t.Error("an unknown control answered")
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestAProcessThatCannotStartSaysWhy(t *testing.T) {
	var log strings.Builder
	if _, err := Start(t.Context(), "broken", nil, &log); err == nil || !strings.Contains(log.String(), "no engine") {
		t.Errorf("answered %v, logged %q", err, log.String())
	}
}

func TestAStopTellsWhatWentWrong(t *testing.T) {
	p, err := Start(t.Context(), "grudger", nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err == nil {
		t.Error("a failed stop went unnoticed")
	}
}

func TestMemoryOfRefusesWhatItCannotRead(t *testing.T) {
	for _, status := range []string{"", "\nVmRSS:\t12 kB\n", "\nVmRSS:\t12 pages\nVmHWM:\t13 kB\n"} {
		if _, err := memoryOf(status); err == nil {
			t.Errorf("%q was read", status)
		}
	}
	got, err := memoryOf("Name:\tx\nVmHWM:\t  13 kB\nVmRSS:\t  12 kB\n")
	if err != nil || got.Resident != 12<<10 || got.Peak != 13<<10 {
		t.Errorf("read %+v, %v", got, err)
	}
}
