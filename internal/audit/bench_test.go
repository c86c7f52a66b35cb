package audit_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/audit"
)

// BenchmarkAppend tells the 99th percentile of what an entry adds to a transaction.
func BenchmarkAppend(b *testing.B) {
	w := newWorld(b)
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		err := pgx.BeginFunc(b.Context(), w.pool, func(tx pgx.Tx) error {
			begun := time.Now()
			err := audit.Append(b.Context(), tx, audit.Entry{
				At: noon(), Actor: "officer1", Action: "hold.place", Object: "hold/invented", Outcome: "done", Source: "test",
			})
			took = append(took, time.Since(begun))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkVerify reads AUDIT_ROWS entries, 10,000 unless set, against their checkpoints.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	rows := 10_000
	if given, err := strconv.Atoi(os.Getenv("AUDIT_ROWS")); err == nil {
		rows = given
	}
	_, err := w.owner.Exec(context.WithoutCancel(b.Context()), `INSERT INTO audit_entries (at, actor, action, object, outcome, source)
		SELECT '2026-03-02T12:00:00Z', 'officer' || i, 'hold.place', 'hold/invented', 'done', 'test' FROM generate_series(1, $1::int) i`, rows)
	if err != nil {
		b.Fatal(err)
	}
	w.round(b)
	for b.Loop() {
		if report := w.verify(b); report.Verified != int64(rows) || len(report.Faults) > 0 {
			b.Fatalf("got %+v", report)
		}
	}
	b.ReportMetric(float64(rows), "rows")
}
