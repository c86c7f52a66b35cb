package api_test

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkPlaceHold measures a hold from the call to its answer, over HTTP and
// PostgreSQL, on requests that are ready to leave. The target is 50 ms at p99.
func BenchmarkPlaceHold(b *testing.B) {
	w := newWorld(b)
	r := w.open()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if got := w.change("counsel1", "/v1/holds", holdOn(r)); got.status != 201 {
			b.Fatalf("%d %s", got.status, got.body)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}
