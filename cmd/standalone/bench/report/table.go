package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// bound is what a figure is to reach.
type bound struct {
	atLeast bool
	value   float64
}

// met is never said of a figure that was not measured.
func (b bound) met(value float64) bool {
	if b.atLeast {
		return value >= b.value
	}
	return value > 0 && value <= b.value
}

func (b bound) String() string {
	relation := "at most "
	if b.atLeast {
		relation = "at least "
	}
	return relation + strconv.FormatFloat(b.value, 'f', -1, 64)
}

// row is a line of the table. A figure without a bound is told for its own sake.
type row struct {
	name     string
	value    float64
	decimals int
	bound    *bound
	says     string
}

const mebibytesInGibibyte = 1024

func (f *Figures) rows() []row {
	atMost := func(value float64) *bound { return &bound{value: value} }
	atLeast := func(value float64) *bound { return &bound{atLeast: true, value: value} }
	return []row{
		{"lives_per_second", f.LivesPerSecond, 2, nil, ""},
		{"floor_lives_per_second", f.FloorLivesPerSecond, 2, nil, ""},
		{"lives_per_second_ratio", f.LivesPerSecondRatio, 2, atLeast(0.6), "with mailboxes"},
		{"events_per_life", f.EventsPerLife, 0, atMost(120), "in the request's history"},
		{"floor_events_per_life", f.FloorEventsPerLife, 0, nil, ""},
		{"mailbox_events_per_life", f.MailboxEventsPerLife, 1, nil, ""},
		{"events with mailbox share", f.EventsPerLife + f.MailboxEventsPerLife, 0, atMost(170), ""},
		{"update_p50_ms", f.UpdateP50, 1, nil, "open loop, half the floor's capacity"},
		{"update_p99_ms", f.UpdateP99, 1, nil, ""},
		{"update_p99_ratio", f.UpdateRatio, 2, atMost(2.5), "to the floor's"},
		{"update_cold_p50_ms", f.UpdateColdP50, 1, nil, "evicted before each Update"},
		{"sql_statements_per_life", f.StatementsPerLife, 0, nil, "without the engine's"},
		{"bytes_per_cached_workflow", f.BytesPerCached, 0, nil, ""},
		{"replay_ms", f.Replay, 2, nil, "a whole life"},
		{"replay_ratio", f.ReplayRatio, 2, atMost(2.5), "to the floor's"},
		{"worker_rss_mib_10k_open", f.WorkerRSS, 0, atMost(mebibytesInGibibyte), ""},
		{"api_open_p95_ms", f.APIOpenP95, 2, atMost(5), "without waiting for the engine"},
		{"standalone_ready_s", f.StandaloneReady, 1, atMost(20), "once built, no state yet"},
	}
}

// Missed names the figures that do not reach what they are to reach.
func (f *Figures) Missed() []string {
	var missed []string
	for _, row := range f.rows() {
		if row.bound != nil && !row.bound.met(row.value) {
			missed = append(missed, row.name)
		}
	}
	return missed
}

// Table writes the figures for people.
func (f *Figures) Table(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIGURE\tVALUE\tTO REACH\t\t")
	for _, row := range f.rows() {
		wanted, verdict := "", ""
		if row.bound != nil {
			wanted, verdict = row.bound.String(), "reached"
			if !row.bound.met(row.value) {
				verdict = "MISSED"
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.name, strconv.FormatFloat(row.value, 'f', row.decimals, 64), wanted, verdict, row.says)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	fmt.Fprintf(to, "\n%d CPUs, %s, %s, %d lives at once, open loop at %.2f lives a second\n",
		f.Setting.CPUs, f.Setting.Go, f.Setting.Database, f.Setting.Concurrency, f.Setting.OpenRate)
	for _, note := range f.Notes {
		fmt.Fprintln(to, "-", note)
	}
	if missed := f.Missed(); len(missed) > 0 {
		fmt.Fprintln(to, "missed:", strings.Join(missed, ", "))
	}
	if f.Setting.Quick {
		fmt.Fprintln(to, "This was a quick run: it shows that everything works, and its figures say nothing.")
	}
	return nil
}
