package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
)

func perSecond(kind, side string, values ...float64) []report.Run {
	var runs []report.Run
	for i, value := range values {
		runs = append(runs, report.Run{Kind: kind, Side: side, Round: i + 1, PerSecond: value, P99: value, Replay: value, RSS: value})
	}
	return runs
}

func TestConcludeTakesMediansOfTheRightRuns(t *testing.T) {
	f := report.Figures{Runs: slices.Concat(
		perSecond(report.Throughput, report.Ours, 6, 100, 7, 1, 8),
		perSecond(report.Throughput, report.Floor, 10, 9, 11),
		perSecond(report.Latency, report.Ours, 30, 90, 60),
		perSecond(report.Latency, report.Floor, 40),
		perSecond(report.Census, report.Ours, 3),
		perSecond(report.Census, report.Floor, 2),
		perSecond(report.Opening, report.Ours, 500),
	)}
	f.Conclude()
	if f.LivesPerSecond != 7 || f.FloorLivesPerSecond != 10 || f.LivesPerSecondRatio != 0.7 {
		t.Errorf("rates %v and %v, ratio %v", f.LivesPerSecond, f.FloorLivesPerSecond, f.LivesPerSecondRatio)
	}
	if f.UpdateP99 != 60 || f.UpdateRatio != 1.5 || f.ReplayRatio != 1.5 || f.WorkerRSS != 500 {
		t.Errorf("p99 %v, its ratio %v, replay ratio %v, memory %v", f.UpdateP99, f.UpdateRatio, f.ReplayRatio, f.WorkerRSS)
	}
}

func TestMissedNamesExactlyWhatIsMissed(t *testing.T) {
	good := report.Figures{
		LivesPerSecondRatio: 0.6, EventsPerLife: 120, MailboxEventsPerLife: 50, UpdateRatio: 2.5, ReplayRatio: 2.5,
		WorkerRSS: 1023, APIOpenP95: 4.9, StandaloneReady: 19,
	}
	if missed := good.Missed(); len(missed) != 0 {
		t.Errorf("missed %v", missed)
	}
	for name, spoil := range map[string]func(*report.Figures){
		"lives_per_second_ratio":    func(f *report.Figures) { f.LivesPerSecondRatio = 0.59 },
		"events_per_life":           func(f *report.Figures) { f.EventsPerLife, f.MailboxEventsPerLife = 121, 0 },
		"events with mailbox share": func(f *report.Figures) { f.MailboxEventsPerLife = 51 },
		"update_p99_ratio":          func(f *report.Figures) { f.UpdateRatio = 2.51 },
		"replay_ratio":              func(f *report.Figures) { f.ReplayRatio = 2.51 },
		"worker_rss_mib_10k_open":   func(f *report.Figures) { f.WorkerRSS = 1025 },
		"api_open_p95_ms":           func(f *report.Figures) { f.APIOpenP95 = 0 },
		"standalone_ready_s":        func(f *report.Figures) { f.StandaloneReady = 20.1 },
	} {
		f := good
		spoil(&f)
		if missed := f.Missed(); !slices.Equal(missed, []string{name}) {
			t.Errorf("spoiled %s, missed %v", name, missed)
		}
		var table strings.Builder
		if err := f.Table(&table); err != nil || strings.Count(table.String(), "MISSED") != 1 {
			t.Errorf("spoiled %s, table (%v):\n%s", name, err, table.String())
		}
	}
}

func TestWriteHasEveryKeyThatReadersKnow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "build", "bench.json")
	if err := (&report.Figures{Runs: []report.Run{}}).Write(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := json.Unmarshal(content, &written); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"lives_per_second", "floor_lives_per_second", "lives_per_second_ratio", "events_per_life", "floor_events_per_life",
		"mailbox_events_per_life", "update_p50_ms", "update_p99_ms", "update_p99_ratio", "update_cold_p50_ms",
		"sql_statements_per_life", "bytes_per_cached_workflow", "replay_ms", "replay_ratio", "worker_rss_mib_10k_open",
		"api_open_p95_ms", "standalone_ready_s", "runs",
	} {
		if _, there := written[key]; !there {
			t.Errorf("no %s", key)
		}
	}
}
