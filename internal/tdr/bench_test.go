package tdr_test

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// sixty is a life of sixty events that waits for a consulate.
func sixty(t fataler) *life {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Verifying).until(boston("2026-05-10 09:00"))
	for i := 0; l.state.Seq < 60; i++ {
		l.now = l.now.Add(time.Hour)
		l.do(contactAt(tdr.ToPost, false))
	}
	return l
}

func BenchmarkDue(b *testing.B) {
	s := sixty(b).state
	b.ReportAllocs()
	for b.Loop() {
		tdr.Due(s)
	}
}

// BenchmarkDueWaiting has every count of the ladder still to come.
func BenchmarkDueWaiting(b *testing.B) {
	s := begin(b, detainedSince("2026-03-01")).to(tdr.Submitted).state
	b.ReportAllocs()
	for b.Loop() {
		tdr.Due(s)
	}
}

func BenchmarkDecideAndApply(b *testing.B) {
	l := sixty(b)
	act := contactAt(tdr.ToPost, false)
	facts := tdr.Facts{Now: l.now}
	command := tdr.Command{ID: "c", Actor: usual(act.Name()), Act: act}
	b.ReportAllocs()
	for b.Loop() {
		events, err := tdr.Decide(l.state, command, facts)
		if err != nil {
			b.Fatal(err)
		}
		tdr.ApplyAll(l.state, events)
	}
}

func BenchmarkApply(b *testing.B) {
	s := sixty(b).state
	event := s.Log[59]
	event.Seq = 61
	b.ReportAllocs()
	for b.Loop() {
		tdr.Apply(s, event)
	}
}

func BenchmarkFold(b *testing.B) {
	log := sixty(b).state.Log
	b.ReportAllocs()
	for b.Loop() {
		tdr.Fold(log)
	}
}

func BenchmarkReadState(b *testing.B) {
	raw, err := json.Marshal(sixty(b).state)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var s tdr.State
		if err := json.Unmarshal(raw, &s); err != nil {
			b.Fatal(err)
		}
	}
}

// TestStatesAreSmall: ten thousand open requests, each read from its own
// history, have to fit into a worker of one GiB beside the engine's own share.
func TestStatesAreSmall(t *testing.T) {
	const many, each = 400, 40 << 10
	raw, err := json.Marshal(sixty(t).state)
	if err != nil {
		t.Fatal(err)
	}
	states := make([]tdr.State, many)
	before := heap()
	for i := range states {
		if err := json.Unmarshal(raw, &states[i]); err != nil {
			t.Fatal(err)
		}
	}
	used := (heap() - before) / many
	runtime.KeepAlive(states)
	if used > each {
		t.Errorf("a state of 60 events holds %d bytes, want at most %d", used, each)
	}
	t.Logf("a state of 60 events holds %d bytes, written down %d", used, len(raw))
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
