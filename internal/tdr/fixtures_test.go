package tdr_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// fataler is a test or one run of a property.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func day(text string) calendar.Date {
	date, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

// boston reads a wall-clock time of the field office from the zone database.
func boston(text string) time.Time { return wall("America/New_York", text) }

func delhi(text string) time.Time { return wall("Asia/Kolkata", text) }

func wall(zone, text string) time.Time {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

func workWeek() (week [7][]calendar.Hours) {
	for weekday := time.Monday; weekday <= time.Friday; weekday++ {
		week[weekday] = []calendar.Hours{{Open: 8 * 60, Close: 17 * 60}}
	}
	return week
}

func build(spec calendar.Spec, first, last string) calendar.Slice {
	slice, err := calendar.Build(spec, day(first), day(last))
	if err != nil {
		panic(err)
	}
	return slice
}

func officeTime() calendar.Slice {
	return build(calendar.Spec{Name: "office/TST", Zone: "America/New_York", Week: workWeek(), Federal: true}, "2026-01-01", "2031-12-31")
}

func postTime() calendar.Slice {
	return build(calendar.Spec{
		Name: "post/tst-capital", Zone: "Asia/Kolkata", Week: workWeek(),
		Holidays: []calendar.Holiday{{Date: day("2026-03-26"), Name: "Harvest"}, {Date: day("2026-08-14"), Name: "Founders"}},
	}, "2026-01-01", "2031-12-31")
}

func otherPostTime() calendar.Slice {
	return build(calendar.Spec{Name: "post/tst-harbor", Zone: "America/Chicago", Week: workWeek()}, "2026-01-01", "2031-12-31")
}

func amount(n int, unit calendar.Unit) calendar.Amount { return calendar.Amount{N: n, Unit: unit} }

func term(n int, unit calendar.Unit, owner playbook.Owner) playbook.Term {
	return playbook.Term{Amount: amount(n, unit), Calendar: owner}
}

// terms are written out here, so that no pack of another day changes what is expected.
func terms() playbook.Terms {
	return playbook.Terms{
		Country: "QTS", Version: 3, Hash: "5e1f",
		Stages: map[string]playbook.Term{
			"assembling":        term(30, calendar.CalendarDays, playbook.Office),
			"review":            term(2, calendar.BusinessDays, playbook.Office),
			"ready":             term(9, calendar.BusinessHours, playbook.Office),
			"submitted":         term(5, calendar.BusinessDays, playbook.Post),
			"information_asked": term(7, calendar.CalendarDays, playbook.Office),
			"verifying":         term(30, calendar.CalendarDays, playbook.Post),
			"issued":            term(1, calendar.BusinessDays, playbook.Office),
			"refused":           term(10, calendar.CalendarDays, playbook.Post),
		},
		StagesDetained: map[string]playbook.Term{"assembling": term(7, calendar.CalendarDays, playbook.Office)},
		Timescale:      term(30, calendar.CalendarDays, playbook.Post),
		Ladder: playbook.LadderTerms{
			Percents: []int{80, 100, 125, 150}, UnansweredFollowUps: 2,
			AcknowledgeWithin: amount(1, calendar.BusinessDays),
			NextDateLimits:    []int{14, 13, 12, 11, 10, 9, 8},
			CustodyDays:       playbook.CustodyDays{L2: 60, L3: 90, L4: 120, L5: 150, L6: 180},
		},
		ValidityAlertPercents: []int{50, 25},
		ValidityAlertDays:     []int{7},
		TravelMarginDays:      3,
	}
}

const (
	someHash  = tdr.ContentHash("aa11")
	otherHash = tdr.ContentHash("bb22")
	someProof = tdr.Evidence("cc33")
)

func opening() *tdr.OpeningFacts {
	return &tdr.OpeningFacts{Rules: 1, Terms: terms(), OfficeTime: officeTime(), PostTime: postTime()}
}

func openAct() *tdr.Open {
	return &tdr.Open{
		RequestID: "0197-example", PublicCode: "TD-7Q4M2K", PersonID: "person-1", Country: "QTS", Post: "tst-capital",
		FieldOffice: "TST", Officer: "officer1",
		Order: tdr.Order{Type: "removal", Date: day("2026-01-15"), Source: someProof},
	}
}

// life is one request, driven through the core as the engine would.
type life struct {
	t     fataler
	state tdr.State
	now   time.Time
	count int
	// seen is every state there was, in order.
	seen []tdr.State
}

// begin opens a request on Monday, 2 March 2026, 10:00 in Boston.
func begin(t fataler, change ...func(*tdr.Open, *tdr.OpeningFacts)) *life {
	t.Helper()
	l := &life{t: t, now: boston("2026-03-02 10:00")}
	act, facts := openAct(), opening()
	for _, c := range change {
		c(act, facts)
	}
	l.must(l.decide(act, by("officer1", tdr.OfficerRole), func(f *tdr.Facts) { f.Opening = facts }))
	return l
}

func detainedSince(r0 string) func(*tdr.Open, *tdr.OpeningFacts) {
	return func(_ *tdr.Open, f *tdr.OpeningFacts) { f.Custody = tdr.Custody{Detained: true, R0: day(r0)} }
}

func by(id string, roles ...tdr.Role) tdr.Actor { return tdr.Actor{ID: id, Roles: roles} }

// usual is who usually gives a command.
func usual(name tdr.Name) tdr.Actor {
	switch name {
	case tdr.ApproveName, tdr.ReturnName, tdr.ReassignName:
		return by("supervisor1", tdr.SupervisorRole)
	case tdr.AuthenticateName, tdr.RejectDocumentName:
		return by("officer2", tdr.OfficerRole)
	case tdr.AcknowledgeEscalationName:
		return by("liaison1", tdr.LiaisonRole)
	default:
		return by("officer1", tdr.OfficerRole)
	}
}

// facts are what the adapters would find when all is in order.
func (l *life) facts(act tdr.Act) tdr.Facts {
	post := otherPostTime()
	facts := tdr.Facts{Now: l.now, Required: []string{"cover_letter", "photographs"}, IssuerVerified: true, PostTime: &post}
	open := tdr.Gate{Dispatch: fmt.Sprintf("dispatch-%d", l.state.Seq), Fence: 4, Country: l.state.Country, OrderOnRecord: true}
	switch act := act.(type) {
	case *tdr.Send:
		open.Content = act.Content
		facts.Gate = &open
	case *tdr.AnswerInformation:
		open.Content = act.Content
		facts.Gate = &open
	case *tdr.Open:
		facts.Opening = opening()
	}
	return facts
}

func (l *life) decide(act tdr.Act, actor tdr.Actor, change ...func(*tdr.Facts)) ([]tdr.Event, error) {
	l.count++
	facts := l.facts(act)
	for _, c := range change {
		c(&facts)
	}
	return tdr.Decide(l.state, tdr.Command{ID: fmt.Sprintf("command-%d", l.count), Actor: actor, Act: act}, facts)
}

func (l *life) must(events []tdr.Event, err error) *life {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("refused in %s: %v", l.state.Stage, err)
	}
	l.apply(events)
	return l
}

func (l *life) apply(events []tdr.Event) {
	for _, event := range events {
		l.state = tdr.Apply(l.state, event)
		l.seen = append(l.seen, l.state)
	}
}

// do gives a command in order, by whom it usually comes from.
func (l *life) do(act tdr.Act) *life {
	l.t.Helper()
	return l.must(l.decide(act, usual(act.Name())))
}

// backdated gives a command about something that happened earlier.
func (l *life) backdated(at time.Time, act tdr.Act) *life {
	l.t.Helper()
	l.count++
	command := tdr.Command{ID: fmt.Sprintf("command-%d", l.count), Actor: usual(act.Name()), OccurredAt: at, Act: act}
	return l.must(tdr.Decide(l.state, command, l.facts(act)))
}

// told is a signal.
func (l *life) told(fact tdr.Fact) *life {
	l.apply(tdr.Receive(l.state, fact, l.now))
	return l
}

// until lets time pass, waking at every deadline as the engine does.
func (l *life) until(at time.Time) *life {
	l.t.Helper()
	for range 500 {
		if l.state.Seq > 2000 {
			break
		}
		next, ok := tdr.Next(l.state)
		if !ok || next.At.After(at) {
			l.now = at
			l.apply(tdr.Elapse(l.state, at))
			return l
		}
		if next.At.After(l.now) {
			l.now = next.At
		}
		l.apply(tdr.Elapse(l.state, l.now))
	}
	l.t.Fatalf("time does not pass: %+v", tdr.Due(l.state))
	return l
}

func review() *tdr.RequestReview {
	return &tdr.RequestReview{Content: someHash, Present: []string{"cover_letter", "photographs"}}
}

func issue() *tdr.RecordIssue {
	return &tdr.RecordIssue{Issuer: "embassy", Document: "ref-9", ValidFrom: day("2026-03-02"), ValidTo: day("2026-06-10")}
}

func interviewAt(at time.Time) *tdr.ScheduleInterview {
	return &tdr.ScheduleInterview{At: at, Zone: "Asia/Kolkata", Mode: "video", Place: "place-1"}
}

// to brings a request that was just opened to a stage, an hour for each step.
func (l *life) to(stage tdr.Stage) *life {
	l.t.Helper()
	routes := map[tdr.Stage][]tdr.Act{
		tdr.Review:           {review()},
		tdr.Ready:            {review(), &tdr.Approve{Content: someHash}},
		tdr.Submitted:        {&tdr.Send{Content: someHash, Channel: tdr.ByCourier}},
		tdr.Received:         {&tdr.RecordReceipt{Evidence: someProof}},
		tdr.InformationAsked: {&tdr.RecordReceipt{Evidence: someProof}, &tdr.RecordInformationAsked{What: []string{"photo"}}},
		tdr.Interview:        {interviewAt(l.now.Add(24 * time.Hour))},
		tdr.Verifying:        {&tdr.RecordReceipt{Evidence: someProof}, &tdr.BeginVerification{Evidence: someProof}},
		tdr.Issued:           {issue()},
		tdr.TravelReady:      {issue(), &tdr.Authenticate{Photo: true, Names: true, Serial: true}},
		tdr.Refused:          {&tdr.RecordRefusal{Reasons: []string{"no_record"}}},
		tdr.Closed:           {&tdr.RecordRefusal{}, &tdr.Close{Reason: "no_evidence"}},
	}
	acts := routes[stage]
	if !slices.Contains([]tdr.Stage{tdr.Assembling, tdr.Review, tdr.Ready}, stage) {
		acts = slices.Concat(routes[tdr.Ready], routes[tdr.Submitted], acts)
	}
	if stage == tdr.Submitted {
		acts = slices.Concat(routes[tdr.Ready], routes[tdr.Submitted])
	}
	for _, act := range acts {
		l.do(act)
		l.now = l.now.Add(time.Hour)
	}
	if l.state.Stage != stage {
		l.t.Fatalf("stands in %s, wanted %s", l.state.Stage, stage)
	}
	return l
}

// refusal is the refusal behind an error, or an empty one.
func refusal(err error) tdr.Refusal {
	var refused *tdr.Refusal
	if errors.As(err, &refused) {
		return *refused
	}
	return tdr.Refusal{}
}

func (l *life) last() tdr.Event { return l.state.Log[len(l.state.Log)-1] }

// due finds a deadline by name.
func (l *life) due(name string) (tdr.Deadline, bool) { return dueOf(l.state, name) }

func dueOf(s tdr.State, name string) (tdr.Deadline, bool) {
	for _, d := range tdr.Due(s) {
		if d.Name() == name {
			return d, true
		}
	}
	return tdr.Deadline{}, false
}
