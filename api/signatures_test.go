package api_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// Whoever signs a notice of failure to comply is in the directory on that
// day; to have been in it once, or to be in it later, is not enough.
func TestASignerIsInTheDirectoryOnTheDaySigned(t *testing.T) {
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	data := snapshot.Data()
	day := func(day int) calendar.Date { return calendar.Date{Year: 2026, Month: time.March, Day: day} }
	for i := range data.People {
		if data.People[i].ID == "supervisor1" {
			data.People[i].Valid = directory.Span{From: day(3), To: day(5)}
		}
	}
	snapshot, err = directory.NewSnapshot(data)
	must(t, err)
	w := newWorld(t, func(c *api.Config) { c.Directory = people{snapshot} })
	r := w.open()
	w.clock.advance(10 * 24 * time.Hour)
	for on, valid := range map[string]bool{"2026-03-02": false, "2026-03-03": true, "2026-03-04": true, "2026-03-05": false} {
		signed := fields{"by": "supervisor1", "on": on}
		for what, got := range map[string]answer{
			"step": w.act("officer1", &r, "record-noncompliance", fields{"step": "notice_signed", "evidence": someHash, "signed": signed}),
			"event": w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events", fields{
				"kind": "noncompliance_notice", "date": "2026-03-10", "office": "BOS", "source_type": "notice", "source": someHash, "signed": signed,
			}),
		} {
			if refused := got.faults()["signed.by"] != ""; refused == valid {
				t.Errorf("%s signed on %s: %d %s", what, on, got.status, got.body)
			}
		}
	}
}
