package audit_test

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/audit"
)

// A row that is dated ahead would never grow old, so it is late as well.
func TestARowIsLateOnBothSidesOfNow(t *testing.T) {
	w := newWorld(t)
	for offset, late := range map[time.Duration]bool{
		-11 * time.Second: true, -9 * time.Second: false, 9 * time.Second: false, 11 * time.Second: true,
	} {
		row := entry(0)
		row.At = noon().Add(offset)
		if err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error { return audit.Append(t.Context(), tx, row) }); err != nil {
			t.Fatal(err)
		}
		if err := audit.Late(t.Context(), w.owner, noon()); (err != nil) != late {
			t.Errorf("dated %s from now: %v", offset, err)
		}
		report, err := audit.Verify(t.Context(), w.pool, w.verifier, w.folder, noon())
		if err != nil || (len(report.Faults) > 0) != late {
			t.Errorf("dated %s from now: %+v, %v", offset, report, err)
		}
		w.round(t)
	}
}

// On a machine where nothing happens no row can show that nothing numbers rows.
func TestASequencerThatStandsStillIsNotReady(t *testing.T) {
	w := newWorld(t)
	var ahead atomic.Int64
	now := func() time.Time { return noon().Add(time.Duration(ahead.Load())) }
	sequencer, err := audit.NewSequencer(w.owner, w.key, w.folder, now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if sequencer.Ready(t.Context()) == nil {
		t.Fatal("ready before its first round")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { sequencer.Run(ctx); close(ended) }()
	awaitReady(t, sequencer)
	ahead.Add(int64(time.Minute))
	awaitReady(t, sequencer)
	cancel()
	<-ended
	ahead.Add(int64(time.Minute))
	if sequencer.Ready(t.Context()) == nil {
		t.Error("ready a minute after its last round")
	}
}

// A sequencer whose rounds fail is no better than one that stands still.
func TestASequencerWithoutItsFolderIsNotReady(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 2)
	if err := os.RemoveAll(string(w.folder)); err != nil {
		t.Fatal(err)
	}
	sequencer, err := audit.NewSequencer(w.owner, w.key, w.folder, noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(string(w.folder)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	sequencer.Run(ctx)
	if sequencer.Ready(t.Context()) == nil {
		t.Error("ready, though nothing can be exported")
	}
}

func awaitReady(t *testing.T, sequencer *audit.Sequencer) {
	t.Helper()
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for sequencer.Ready(patience) != nil {
		select {
		case <-patience.Done():
			t.Fatal("never ready")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
