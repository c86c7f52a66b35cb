package report_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/report"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

type now struct{ at time.Time }

func (n *now) Now() time.Time { return n.at }

// people is a directory that is not asked: nothing is filed here.
type people struct{}

func (people) Snapshot(context.Context) (directory.Snapshot, error) { return directory.Snapshot{}, nil }

var begin = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

// live lets a request be worked on at random, and gives its last state.
func live(draw *mathrand.Rand, at time.Time) tdr.State {
	countries := []string{"GHA", "VNM", "KHM"}
	opening := rehearsal.Opening(uuid.NewString(), at, calendar.CalendarDays, func(open *tdr.Open, _ *tdr.OpeningFacts) {
		open.PersonID, open.Country = uuid.NewString(), countries[draw.IntN(3)]
		open.PublicCode = "TD-" + strings.ToUpper(open.RequestID[:6])
		open.FieldOffice, open.Officer = []string{"BOS", "NYC"}[draw.IntN(2)], fmt.Sprintf("officer-%d", draw.IntN(3))
	})
	state := tdr.Apply(tdr.State{}, opening)
	for range draw.IntN(24) {
		at = at.Add(time.Duration(1+draw.IntN(12*24*60)) * time.Minute)
		state = tdr.ApplyAll(state, tdr.Elapse(state, at))
		allowed := tdr.AllowedFrom(state.Stage)
		if len(allowed) == 0 {
			break
		}
		name := allowed[draw.IntN(len(allowed))]
		if moves := slices.DeleteFunc(allowed, aside); len(moves) > 0 && draw.IntN(3) > 0 {
			name = moves[draw.IntN(len(moves))]
		}
		state = try(state, rehearsal.Act(name, state, at, draw.IntN), at)
		if draw.IntN(3) == 0 {
			wrong := state.Log[draw.IntN(len(state.Log))]
			really := wrong.OccurredAt.Add(-time.Duration(draw.IntN(20*60)) * time.Minute)
			state = try(state, &tdr.Correct{Event: wrong.Seq, OccurredAt: really, Reason: "mistyped"}, at)
		}
	}
	return state
}

// try gives a command; one that is refused changes nothing.
func try(state tdr.State, act tdr.Act, at time.Time) tdr.State {
	input := rehearsal.Command(uuid.NewString(), state, act)
	input.Facts.Now = at
	events, err := tdr.Decide(state, input.Command, input.Facts)
	if err != nil {
		return state
	}
	return tdr.ApplyAll(state, events)
}

// aside are commands that do not lead on.
func aside(name tdr.Name) bool {
	return slices.Contains([]tdr.Name{
		tdr.WithdrawName, tdr.ReturnName, tdr.RecordContactName, tdr.ReassignName, tdr.RecordNonComplianceName, tdr.CorrectName,
		tdr.AcknowledgeEscalationName,
	}, name)
}

func keep(t *testing.T, s *store.Store, state tdr.State) {
	t.Helper()
	open := state.Log[0].Fact.(*tdr.Opened).Open
	command := uuid.NewString()
	_, _, err := s.TakeIn(t.Context(), api.Intake{
		Command:   api.NewCommand{ID: command, Principal: "officer1", Operation: "open", Fingerprint: []byte(command), Input: []byte("{}")},
		Open:      open,
		NewPerson: &api.PersonDetails{FamilyName: "Example", GivenNames: "Ana " + open.PublicCode, BirthDate: calendar.Date{Year: 1990, Month: 1, Day: 1}},
		OpenedAt:  state.OpenedAt,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slices.Clone(state.Log)
	for i := range log {
		if _, err := uuid.Parse(log[i].CommandID); err != nil {
			log[i].CommandID = ""
		}
	}
	if _, err := s.Record(t.Context(), activities.Recording{RequestID: state.ID, Events: log, Row: tdr.Project(state)}); err != nil {
		t.Fatal(err)
	}
}

// held takes a request's clocks away for good from an instant on.
func held(state tdr.State, at time.Time) tdr.State {
	return tdr.ApplyAll(state, tdr.Receive(state, &tdr.HoldChanged{Hold: uuid.NewString(), Stops: true, At: at}, at))
}

// stay is one stretch in a stage, as a careful clerk would write it down.
type stay struct {
	stage tdr.Stage
	days  float64
	lasts bool
}

// stays follows the log as if nothing were corrected to see when a stage is
// entered, and asks the newest correction of that event when it really was.
func stays(state tdr.State, asOf time.Time) []stay {
	var plain []tdr.Event
	said := map[int64]time.Time{}
	for _, event := range state.Log {
		if fact, ok := event.Fact.(*tdr.Corrected); ok {
			if !fact.OccurredAt.IsZero() {
				said[fact.Event] = fact.OccurredAt
			}
			event.Fact = &tdr.ReplyReceived{}
		}
		plain = append(plain, event)
	}
	var found []stay
	var since time.Time
	before := tdr.State{}
	for i, event := range plain {
		after := tdr.Fold(plain[:i+1])
		entered := after.Stage != before.Stage || !after.StageSince.Equal(before.StageSince)
		before = after
		if !entered {
			continue
		}
		at := event.OccurredAt
		if real := said[event.Seq]; !real.IsZero() {
			at = real
		}
		if n := len(found); n > 0 {
			found[n-1].days, found[n-1].lasts = days(since, at), false
		}
		found, since = append(found, stay{stage: after.Stage, lasts: true}), at
	}
	found[len(found)-1].days = days(since, asOf)
	return slices.DeleteFunc(found, func(s stay) bool { return s.stage == tdr.Closed })
}

func days(from, to time.Time) float64 { return max(to.Sub(from).Hours()/24, 0) }

// late says what overdue means, from the state: holds, which stop its clocks, make no
// difference.
func late(state tdr.State, asOf time.Time) bool {
	if !state.Stage.Open() {
		return false
	}
	state.Holds = nil
	passed := slices.ContainsFunc(tdr.Due(state), func(d tdr.Deadline) bool {
		return !d.Suspended && (d.Kind == tdr.StageTerm || d.Kind == tdr.LadderLevel) && d.At.Before(asOf)
	})
	told := slices.ContainsFunc(state.Log, func(e tdr.Event) bool {
		fact, ok := e.Fact.(*tdr.StageOverdue)
		return ok && fact.Stage == state.Stage && !e.OccurredAt.Before(state.StageSince)
	})
	return passed || told || state.Ladder.Level() >= 0
}

func escalations(state tdr.State) int {
	open := 0
	for _, escalation := range state.Ladder.Escalations {
		if escalation.Status != tdr.EscalationClosed {
			open++
		}
	}
	return open
}

// byHand groups what the clerk wrote down.
func byHand(states []tdr.State, group string, asOf time.Time) []api.Bottleneck {
	waited := map[string]map[string]float64{} // by group and request
	groups := map[string]*api.Bottleneck{}
	for _, state := range states {
		seen := map[string]bool{}
		for _, stay := range stays(state, asOf) {
			key, here := keyOf(state, stay, group)
			if groups[key] == nil {
				groups[key] = &api.Bottleneck{Key: key}
			}
			g := groups[key]
			g.WaitingDays += stay.days
			if stay.lasts {
				g.OpenWaitingDays += stay.days
			}
			if waited[key] == nil {
				waited[key] = map[string]float64{}
			}
			waited[key][state.ID] += stay.days
			if here && !seen[key+"/here"] && state.Stage.Open() {
				seen[key+"/here"] = true
				g.Open++
			}
			if seen[key] {
				continue
			}
			seen[key] = true
			g.Requests++
			if !state.Stage.Open() {
				g.Closed++
			}
			if here && late(state, asOf) {
				g.Overdue++
			}
			if here {
				g.OpenEscalations += escalations(state)
			}
		}
	}
	var found []api.Bottleneck
	for key, g := range groups {
		lengths := slices.Sorted(maps.Values(waited[key]))
		g.MedianDays, g.P85Days = percentile(lengths, 0.5), percentile(lengths, 0.85)
		found = append(found, *g)
	}
	slices.SortFunc(found, func(a, b api.Bottleneck) int {
		hours := func(g api.Bottleneck) float64 { return math.RoundToEven(g.WaitingDays * 24) }
		return cmp.Or(cmp.Compare(hours(b), hours(a)), strings.Compare(a.Key, b.Key))
	})
	return found
}

func keyOf(state tdr.State, s stay, group string) (key string, here bool) {
	switch group {
	case "country":
		return state.Country, true
	case "post":
		return state.Post, true
	case "field_office":
		return state.FieldOffice, true
	case "officer":
		return state.Officer, true
	case "stage":
		return string(s.stage), s.stage == state.Stage
	default:
		return string(s.stage.Owner()), s.stage.Owner() == state.Stage.Owner()
	}
}

func percentile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := int(math.Floor(at))
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

func TestBottlenecksAgreeWithTheClerk(t *testing.T) {
	pool := storetest.New(t)
	s := store.New(pool, store.Options{
		Clock: &now{begin}, Directory: people{}, Random: rand.Reader, Rules: custody.Newest(), Vault: storetest.Vault(t, pool, &now{begin}),
	})
	draw := mathrand.New(mathrand.NewPCG(7, 11))
	var states []tdr.State
	asOf := begin.Add(400 * 24 * time.Hour)
	corrected, holds, lateHeld, reached := 0, 0, 0, map[tdr.Stage]bool{}
	for range 120 {
		state := live(draw, begin.Add(time.Duration(draw.IntN(90*24))*time.Hour))
		if at := state.Log[len(state.Log)-1].RecordedAt; draw.IntN(3) == 0 && state.Stage.Open() && !late(state, at) {
			state = held(state, at)
			holds++
			if late(state, asOf) {
				lateHeld++
			}
		}
		keep(t, s, state)
		states = append(states, state)
		if slices.ContainsFunc(state.Log, func(e tdr.Event) bool { return e.Fact.Type() == tdr.CorrectedType }) {
			corrected++
		}
		for _, stay := range stays(state, begin) {
			reached[stay.stage] = true
		}
	}
	if lateHeld < 5 {
		t.Fatalf("%d of %d held requests would be late", lateHeld, holds)
	}
	if corrected < 5 || len(reached) != len(tdr.Stages())-1 {
		t.Fatalf("%d lives have corrections; stages reached: %v", corrected, reached)
	}
	for _, group := range report.Groups() {
		got, err := report.New(pool).Bottlenecks(t.Context(), api.BottleneckQuery{Sight: api.Sight{Everything: true}, GroupBy: group, AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		want := byHand(states, group, asOf)
		if len(got) != len(want) {
			t.Errorf("%s: %d groups, want %d", group, len(got), len(want))
			continue
		}
		for i := range got {
			if !same(got[i], want[i]) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", group, got[i], want[i])
			}
		}
	}
	office := slices.DeleteFunc(slices.Clone(states), func(state tdr.State) bool { return state.FieldOffice != "BOS" })
	sights := api.Sight{Offices: []string{"BOS"}}
	got, err := report.New(pool).Bottlenecks(t.Context(), api.BottleneckQuery{Sight: sights, GroupBy: "country", AsOf: asOf})
	if want := byHand(office, "country", asOf); err != nil || !slices.EqualFunc(got, want, same) {
		t.Errorf("of one office:\ngot  %+v\nwant %+v; %v", got, want, err)
	}
	filters := api.BottleneckQuery{Sight: api.Sight{Everything: true}, GroupBy: "stage", Office: "BOS", Country: states[0].Country, AsOf: asOf}
	both := slices.DeleteFunc(office, func(state tdr.State) bool { return state.Country != states[0].Country })
	got, err = report.New(pool).Bottlenecks(t.Context(), filters)
	if want := byHand(both, "stage", asOf); err != nil || len(both) == len(states) || len(want) == 0 || !slices.EqualFunc(got, want, same) {
		t.Errorf("of one office and country:\ngot  %+v\nwant %+v; %v", got, want, err)
	}
}

// Two requests pass the same time in silence, one of them under a hold and older by a
// moment: neither a figure nor the order tells which.
func TestAHeldRequestCountsLikeOneThatNothingHolds(t *testing.T) {
	pool := storetest.New(t)
	s := store.New(pool, store.Options{
		Clock: &now{begin}, Directory: people{}, Random: rand.Reader, Rules: custody.Newest(), Vault: storetest.Vault(t, pool, &now{begin}),
	})
	for office, at := range map[string]time.Time{"BOS": begin.Add(10 * time.Millisecond), "NYC": begin} {
		state := tdr.Apply(tdr.State{}, rehearsal.Opening(uuid.NewString(), at, calendar.CalendarDays, func(open *tdr.Open, _ *tdr.OpeningFacts) {
			open.PersonID, open.FieldOffice, open.PublicCode = uuid.NewString(), office, "TD-"+strings.ToUpper(open.RequestID[:6])
		}))
		if office == "NYC" {
			state = held(state, begin.Add(time.Hour))
		}
		keep(t, s, tdr.ApplyAll(state, tdr.Elapse(state, begin.Add(59*24*time.Hour))))
	}
	query := api.BottleneckQuery{Sight: api.Sight{Everything: true}, GroupBy: "field_office", AsOf: begin.Add(60 * 24 * time.Hour)}
	groups, err := report.New(pool).Bottlenecks(t.Context(), query)
	if err != nil || len(groups) != 2 || groups[0].Key != "BOS" || groups[0].Overdue != 1 {
		t.Fatalf("groups %+v, %v", groups, err)
	}
	groups[1].Key = groups[0].Key
	if !same(groups[0], groups[1]) {
		t.Errorf("a hold shows in %+v", groups)
	}
}

func same(a, b api.Bottleneck) bool {
	close := func(x, y float64) bool { return math.Abs(x-y) < 1e-6 }
	return a.Key == b.Key && a.Requests == b.Requests && a.Open == b.Open && a.Closed == b.Closed && a.Overdue == b.Overdue &&
		a.OpenEscalations == b.OpenEscalations && close(a.WaitingDays, b.WaitingDays) && close(a.OpenWaitingDays, b.OpenWaitingDays) &&
		close(a.MedianDays, b.MedianDays) && close(a.P85Days, b.P85Days)
}

func TestAnUnknownGroupIsRefused(t *testing.T) {
	_, err := report.New(storetest.New(t)).Bottlenecks(t.Context(), api.BottleneckQuery{GroupBy: "nationality"})
	if !errors.Is(err, report.ErrGroup) {
		t.Errorf("error is %v", err)
	}
}
