// Package report holds what the benchmark found, beside what it is to reach,
// and writes it for people and for machines.
package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
)

// Figures are the benchmark's results. Each is the median of the runs behind
// it, where there are several.
type Figures struct {
	LivesPerSecond      float64 `json:"lives_per_second"`
	FloorLivesPerSecond float64 `json:"floor_lives_per_second"`
	LivesPerSecondRatio float64 `json:"lives_per_second_ratio"`

	EventsPerLife        float64 `json:"events_per_life"` // of the request's history
	FloorEventsPerLife   float64 `json:"floor_events_per_life"`
	MailboxEventsPerLife float64 `json:"mailbox_events_per_life"` // a life's share of the mailboxes' histories

	UpdateP50     float64 `json:"update_p50_ms"`
	UpdateP99     float64 `json:"update_p99_ms"`
	UpdateRatio   float64 `json:"update_p99_ratio"`   // to the floor's
	UpdateColdP50 float64 `json:"update_cold_p50_ms"` // of workflows that no worker remembers

	StatementsPerLife float64 `json:"sql_statements_per_life"` // ours, without the engine's
	BytesPerCached    float64 `json:"bytes_per_cached_workflow"`
	Replay            float64 `json:"replay_ms"` // of a whole life
	ReplayRatio       float64 `json:"replay_ratio"`
	WorkerRSS         float64 `json:"worker_rss_mib_10k_open"`
	APIOpenP95        float64 `json:"api_open_p95_ms"`
	StandaloneReady   float64 `json:"standalone_ready_s"`

	Runs []Run `json:"runs"`

	Setting Setting  `json:"setting"`
	Notes   []string `json:"notes,omitempty"` // what a reader has to know beside the figures
}

// The kinds of runs.
const (
	Throughput = "throughput" // closed loop, saturated
	Latency    = "latency"    // open loop at half the floor's capacity
	Cold       = "cold"       // single Updates of evicted workflows
	Census     = "census"     // a fixed number of lives, counted and replayed
	Opening    = "opening"    // many open requests
	Readiness  = "ready"      // from start to ready, with no state folder yet
	Restart    = "restart"    // the same with one
)

// The sides of a run.
const (
	Ours  = "ours"
	Floor = "floor"
)

// Run is one run behind the medians. Only what the kind measures is set.
type Run struct {
	Kind  string `json:"kind"`
	Side  string `json:"side"`
	Round int    `json:"round"` // from 1

	Lives         int     `json:"lives,omitempty"` // that count
	Failed        int     `json:"failed,omitempty"`
	OtherMails    int     `json:"other_mails,omitempty"` // of those, lives with another number of mails than the script's
	PerSecond     float64 `json:"lives_per_second,omitempty"`
	Events        float64 `json:"events_per_life,omitempty"`
	MailboxEvents float64 `json:"mailbox_events_per_life,omitempty"`
	Mails         float64 `json:"mails_per_life,omitempty"`
	Timers        float64 `json:"fired_timers_per_life,omitempty"`
	Updates       int     `json:"updates,omitempty"`
	P50           float64 `json:"update_p50_ms,omitempty"`
	P99           float64 `json:"update_p99_ms,omitempty"`
	Max           float64 `json:"update_max_ms,omitempty"`
	Late          int     `json:"late_lives,omitempty"`     // began late for want of a slot
	AfterwardsN   int64   `json:"answers_by_202,omitempty"` // commands answered only after a 202
	Statements    float64 `json:"sql_statements_per_life,omitempty"`
	Replay        float64 `json:"replay_ms,omitempty"`
	APIOpenP95    float64 `json:"api_open_p95_ms,omitempty"`
	Open          int     `json:"open_requests,omitempty"`
	RSS           float64 `json:"worker_rss_mib,omitempty"`
	PeakRSS       float64 `json:"worker_peak_rss_mib,omitempty"`
	Bytes         float64 `json:"bytes_per_cached_workflow,omitempty"`
	Seconds       float64 `json:"seconds,omitempty"`

	// CPU is what each part spent on a life, in milliseconds.
	CPU map[string]float64 `json:"cpu_ms_per_life,omitempty"`
}

// Setting is under what the figures were found.
type Setting struct {
	At          time.Time    `json:"at"`
	CPUs        int          `json:"cpus"`
	Go          string       `json:"go"`
	Database    string       `json:"database"`
	Quick       bool         `json:"quick"` // too short to be believed
	Concurrency int          `json:"concurrency"`
	Search      []stat.Point `json:"search"` // how the concurrency was found
	OpenRate    float64      `json:"open_loop_lives_per_second"`
	Took        float64      `json:"took_s"`
}

// Values of a measure over the runs of a kind and side, in the order of running.
func (f *Figures) Values(kind, side string, measure func(Run) float64) []float64 {
	var values []float64
	for _, run := range f.Runs {
		if run.Kind == kind && run.Side == side {
			values = append(values, measure(run))
		}
	}
	return values
}

// Conclude takes the medians of the runs.
func (f *Figures) Conclude() {
	median := func(kind, side string, measure func(Run) float64) float64 {
		return stat.Median(f.Values(kind, side, measure))
	}
	f.LivesPerSecond = median(Throughput, Ours, func(r Run) float64 { return r.PerSecond })
	f.FloorLivesPerSecond = median(Throughput, Floor, func(r Run) float64 { return r.PerSecond })
	f.LivesPerSecondRatio = stat.Ratio(f.LivesPerSecond, f.FloorLivesPerSecond)

	f.EventsPerLife = median(Throughput, Ours, func(r Run) float64 { return r.Events })
	f.FloorEventsPerLife = median(Throughput, Floor, func(r Run) float64 { return r.Events })
	f.MailboxEventsPerLife = median(Throughput, Ours, func(r Run) float64 { return r.MailboxEvents })

	f.UpdateP50 = median(Latency, Ours, func(r Run) float64 { return r.P50 })
	f.UpdateP99 = median(Latency, Ours, func(r Run) float64 { return r.P99 })
	f.UpdateRatio = stat.Ratio(f.UpdateP99, median(Latency, Floor, func(r Run) float64 { return r.P99 }))
	f.UpdateColdP50 = median(Cold, Ours, func(r Run) float64 { return r.P50 })

	f.StatementsPerLife = median(Census, Ours, func(r Run) float64 { return r.Statements })
	f.Replay = median(Census, Ours, func(r Run) float64 { return r.Replay })
	f.ReplayRatio = stat.Ratio(f.Replay, median(Census, Floor, func(r Run) float64 { return r.Replay }))
	f.BytesPerCached = median(Opening, Ours, func(r Run) float64 { return r.Bytes })
	f.WorkerRSS = median(Opening, Ours, func(r Run) float64 { return r.RSS })
	f.APIOpenP95 = median(Latency, Ours, func(r Run) float64 { return r.APIOpenP95 })
	f.StandaloneReady = median(Readiness, Ours, func(r Run) float64 { return r.Seconds })
}

// Write keeps the figures as JSON.
func (f *Figures) Write(path string) error {
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
