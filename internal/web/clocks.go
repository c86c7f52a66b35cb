package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// soon is how long before its date a clock says so: two days.
const soon = 48 * time.Hour

// clockRow is one date that will come by itself, and how it is worked out.
type clockRow struct {
	Clock, Counts, Started, Day, Due, Status string
	Legal                                    bool
	Why                                      []term
}

// term is a name and what it stands for.
type term struct{ Name, Text string }

// custodyPart is the legal clock of a person in detention.
type custodyPart struct {
	R0, Basis string
	Day90     string // of the removal period; empty where there is none
	Day180    string
	Suspended bool
	Rows      []custodyRow
}

type custodyRow struct {
	Duty, Day, Date, Days, Status string
	Why                           []term
}

func (d *dossier) fillClocks(page *requestPage) error {
	clocks, err := read[contract.Clocks](d.visit, "/v1/requests/"+d.Request.Id+"/clocks")
	if err != nil {
		return err
	}
	page.Clocks = d.passedClocks()
	for _, deadline := range clocks.Request.Deadlines {
		if deadline.Kind != tdr.CalendarEnds {
			page.Clocks = append(page.Clocks, d.clock(deadline))
		}
	}
	if clocks.Custody == nil || !clocks.Custody.Detained {
		return nil
	}
	var clock custody.Clock
	if err := json.Unmarshal(clocks.Custody.Clock, &clock); err != nil {
		return fmt.Errorf("read custody clock: %w", err)
	}
	page.Custody = d.custody(clock)
	if next, ok := clock.NextDate(); ok {
		page.LegalDate = d.date(next)
	}
	return nil
}

// passedClocks are the term of the stage, once it was told that it passed, and
// the levels of the ladder that were asked: what makes a request overdue though
// none of its dates is ahead.
func (d *dossier) passedClocks() []clockRow {
	var rows []clockRow
	add := func(deadline tdr.Deadline, started string) {
		rows = append(rows, clockRow{
			Clock: clockName(deadline), Counts: "Passed", Started: started, Day: notRecorded, Due: d.moment(deadline.At),
			Status: overdueWord, Why: d.why(deadline.Why),
		})
	}
	for _, event := range d.events {
		fact, ok := event.Fact.(*tdr.StageOverdue)
		if ok && fact.Stage == d.state.Stage && !event.OccurredAt.Before(d.state.StageSince) {
			why := tdr.Why{Rule: "the stage outlasted its term", Event: event.Seq, Instant: &fact.Due}
			add(tdr.Deadline{Kind: tdr.StageTerm, Stage: fact.Stage, At: fact.Due, Why: why}, d.day(fact.Since))
		}
	}
	for level := range tdr.LegalEnd + 1 {
		if asked, open := d.state.Ladder.Open(level); open {
			why := tdr.Why{Rule: triggerWord(string(asked.Trigger)), Event: asked.Event, Instant: &asked.Asked}
			add(tdr.Deadline{Kind: tdr.LadderLevel, Level: level, At: asked.Asked, Why: why}, d.day(asked.Asked))
		}
	}
	return rows
}

func (d *dossier) clock(deadline tdr.Deadline) clockRow {
	row := clockRow{
		Clock: clockName(deadline), Counts: "An instant", Started: notRecorded, Day: notRecorded,
		Due: d.moment(deadline.At), Status: d.clockStatus(deadline), Legal: deadline.Legal, Why: d.why(deadline.Why),
	}
	if deadline.Suspended {
		row.Due = "Suspended: no date"
	}
	switch why := deadline.Why; {
	case why.Count != nil:
		row.Counts, row.Started = amountText(why.Count), d.date(why.Count.StartDay)
		row.Day = d.dayOfCount(why.Count)
	case why.Date != nil:
		row.Counts, row.Started = count(why.Date.Days, "calendar day"), d.date(why.Date.From)
		row.Day = fmt.Sprintf("%d of %d", d.today().DaysSince(why.Date.From), why.Date.Days)
	case why.Instant != nil:
		row.Started = d.day(*why.Instant)
	}
	return row
}

func clockName(deadline tdr.Deadline) string {
	switch deadline.Kind {
	case tdr.StageTerm:
		return "Term of the stage “" + stageWord(string(deadline.Stage)) + "”"
	case tdr.LadderLevel:
		name := "Level " + strconv.Itoa(deadline.Level) + " is asked"
		if deadline.Legal {
			name += ", by law"
		}
		return name
	case tdr.ValidityAlert:
		return "Document nears its end (" + deadline.Alert + ")"
	case tdr.DocumentEnds:
		return "Document ends"
	default:
		return plain(string(deadline.Kind))
	}
}

func (d *dossier) clockStatus(deadline tdr.Deadline) string {
	switch {
	case deadline.Suspended:
		return "Suspended"
	case d.readTime.After(deadline.At):
		return overdueWord
	case deadline.At.Sub(d.readTime) < soon:
		return "Due soon"
	default:
		return "On time"
	}
}

func amountText(e *calendar.Explanation) string {
	unit := strings.TrimSuffix(strings.ReplaceAll(string(e.Amount.Unit), "_", " "), "s")
	text := count(e.Amount.N, unit)
	if e.Percent != 0 && e.Percent != 100 {
		text = fmt.Sprintf("%d%% of %s", e.Percent, text)
	}
	return text
}

// dayOfCount is how far a count of days is, by the calendar that it is made on:
// as the rules count, a day at whose end the clock stands still is none of it.
func (d *dossier) dayOfCount(e *calendar.Explanation) string {
	slice := d.state.OfficeTime
	if e.Slice == d.state.PostTime.Name {
		slice = d.state.PostTime
	}
	if e.NeededUnit != "days" {
		return notRecorded
	}
	days, today := 0, slice.LocalDate(d.readTime)
	for day := e.StartDay.AddDays(1); !day.After(today); day = day.AddDays(1) {
		end, counts, err := dayEnd(slice, day, e.Amount.Unit)
		if err != nil {
			return notRecorded
		}
		if counts && !pausedAt(e.Pauses, earlier(end, d.readTime)) {
			days++
		}
	}
	return fmt.Sprintf("%d of %d", days, e.Needed)
}

// dayEnd is the instant at which a count judges a day, and whether its unit counts such days.
func dayEnd(slice calendar.Slice, day calendar.Date, unit calendar.Unit) (end time.Time, counts bool, err error) {
	if unit != calendar.BusinessDays {
		return slice.At(day.AddDays(1), 0), true, nil
	}
	if counts, err = slice.IsBusinessDay(day); err != nil || !counts {
		return time.Time{}, false, err
	}
	end, err = slice.Closes(day)
	return end, true, err
}

func pausedAt(pauses []calendar.Pause, at time.Time) bool {
	return slices.ContainsFunc(pauses, func(p calendar.Pause) bool {
		return !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To))
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// why tells everything from which a date can be worked out by hand.
func (d *dossier) why(w tdr.Why) []term {
	terms := []term{{"Rule", plain(w.Rule)}}
	add := func(name, text string) { terms = append(terms, term{name, text}) }
	if w.Pack != "" {
		add("Source", "Country pack "+w.Pack)
	}
	if w.Event != 0 {
		add("Follows from", "entry "+strconv.FormatInt(w.Event, 10)+" of the timeline")
	}
	if c := w.Count; c != nil {
		add("Counts", fmt.Sprintf("%s: %s", amountText(c), count(int(c.Needed), strings.TrimSuffix(c.NeededUnit, "s"))))
		add("Starts", d.moment(c.Start)+"; that day is day 0")
		add("Calendar", c.Slice+", "+c.Zone+", version "+c.Hash[:min(len(c.Hash), 12)])
		for _, pause := range c.Pauses {
			add("Stood still", d.pauseText(pause))
		}
		add("Days left out", d.skippedText(c.Skipped))
	}
	if w.Date != nil {
		add("Counts", count(w.Date.Days, "calendar day")+" from "+d.date(w.Date.From)+": "+d.date(w.Date.Date))
		add("Calendar", w.Date.Slice)
	}
	if w.Instant != nil {
		add("Instant", d.moment(*w.Instant))
	}
	if w.After != nil {
		add("Not before", d.moment(*w.After)+", as promised")
	}
	if w.Paused != nil {
		add("Stands still", d.pauseText(*w.Paused))
	}
	return terms
}

func (d *dossier) pauseText(p calendar.Pause) string {
	text := plain(p.Reason) + ", from " + d.day(p.From)
	if !p.To.IsZero() {
		text += " to " + d.day(p.To)
	}
	if !p.Review.IsZero() {
		text += ", to be looked at on " + d.date(p.Review)
	}
	return text
}

// skippedShown bounds a list that would be longer than the page; the calendar's version tells the rest.
const skippedShown = 12

func (d *dossier) skippedText(skipped []calendar.Skipped) string {
	if len(skipped) == 0 {
		return "None"
	}
	var parts []string
	weekends := 0
	for _, each := range skipped {
		if each.Reason == calendar.ReasonWeekend {
			weekends++
			continue
		}
		if len(parts) == skippedShown {
			continue
		}
		text := d.date(each.First)
		if each.Last != each.First {
			text += " to " + d.date(each.Last)
		}
		name := each.Name
		if name == "" {
			name = plain(each.Reason)
		}
		parts = append(parts, text+" ("+name+")")
	}
	if weekends > 0 {
		parts = append(parts, count(weekends, "weekend"))
	}
	return strings.Join(parts, ", ")
}

func (d *dossier) custody(clock custody.Clock) *custodyPart {
	part := &custodyPart{R0: d.date(clock.R0), Suspended: clock.Suspended}
	if clock.Basis != nil {
		part.Basis = plain(string(clock.Basis.Kind)) + " on " + d.date(clock.Basis.Date) + ", " + clock.Basis.Source
	}
	if day90, day180 := clock.RemovalDays(); !day90.IsZero() {
		part.Day90, part.Day180 = d.date(day90), d.date(day180)
	}
	words := map[custody.Status]string{
		custody.Coming: "On time", custody.Due: "Due soon", custody.Missed: overdueWord, custody.Suspended: "Suspended",
		custody.Owed: "Owed", custody.Done: "Done",
	}
	for _, milestone := range clock.Milestones {
		row := custodyRow{
			Duty: milestoneWord(milestone.Name), Day: dayWord(milestone.Day), Date: d.date(milestone.Date), Days: d.custodyDays(milestone), Status: words[milestone.Status],
			Why: []term{
				{"Rule", milestone.Source}, {"Counts from", plain(string(milestone.Explanation.AnchorKind)) + " on " + d.date(milestone.Explanation.AnchorDate)},
				{"Date", d.date(milestone.Explanation.Result) + "; a closed day moves nothing"},
			},
		}
		if milestone.ClosedDay {
			row.Why = append(row.Why, term{"The office is closed that day", plain(milestone.ClosedReason)})
		}
		part.Rows = append(part.Rows, row)
	}
	return part
}

// fillHolds says that one stands, to everyone alike; which and why only to who
// needs to know, as the API answers.
func (d *dossier) fillHolds(page *requestPage) error {
	if !d.Request.OnHold {
		return nil
	}
	list, err := read[contract.HoldList](d.visit, "/v1/holds?standing=true&limit=200&request="+d.Request.Id)
	var refused *refusal
	if errors.As(err, &refused) && refused.status == http.StatusForbidden {
		return nil
	}
	if err != nil {
		return err
	}
	for _, hold := range list.Holds {
		since := d.day(hold.PlacedAt)
		page.HoldSince = since // the list is newest first: the last is the oldest
		if hold.Kind != "" {
			page.Holds = append(page.Holds, d.visit.holdRow(hold, d.zone))
		}
	}
	return nil
}
