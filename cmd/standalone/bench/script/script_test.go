package script_test

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// stage is everything the life needs of the world.
type stage struct {
	people   directory.Snapshot
	pack     playbook.Pack
	state    tdr.State
	now      time.Time
	required []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	now := time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC)
	library, err := playbook.Load(benchpack.Options()...)
	must(t, err)
	pack, err := library.Pack(script.Country, calendar.DateOf(now))
	must(t, err)
	people, err := cast.Directory(2)
	must(t, err)
	s := &stage{people: people, pack: pack, now: now}
	for _, item := range pack.Checklist {
		if item.Required {
			s.required = append(s.required, item.ID)
		}
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stage) slice(t *testing.T, of string) calendar.Slice {
	t.Helper()
	spec, known := s.people.Calendar(of)
	if !known {
		t.Fatalf("no calendar %s", of)
	}
	today := calendar.DateOf(s.now)
	slice, err := calendar.Build(spec, today.AddDays(-100), today.AddDays(1000))
	must(t, err)
	return slice
}

func (s *stage) open(t *testing.T) tdr.Act {
	t.Helper()
	return &tdr.Open{
		RequestID: "r", PublicCode: "TD-BENCH", PersonID: "p", Country: script.Country, Post: cast.Post,
		FieldOffice: cast.Office, Officer: cast.Officer(0), Order: script.Order(calendar.DateOf(s.now)),
	}
}

func (s *stage) take(t *testing.T, step script.Step) {
	t.Helper()
	today := calendar.DateOf(s.now)
	act := step.Act(script.Said{Today: today, Required: s.required, Escalation: s.openLevel(1), Document: "d"})
	facts := tdr.Facts{
		Now: s.now, Required: s.required, IssuerVerified: s.pack.VerifiedIssuer(script.Issuer),
		Gate: &tdr.Gate{Dispatch: "1", Fence: 1, Content: script.Content, Country: script.Country, OrderOnRecord: true},
	}
	if !step.Update() {
		act = s.open(t)
		facts.Opening = &tdr.OpeningFacts{
			Rules: tdr.CurrentRules, Terms: s.pack.Terms(),
			OfficeTime: s.slice(t, "office/"+cast.Office), PostTime: s.slice(t, "post/"+cast.Post),
		}
	}
	role := []tdr.Role{tdr.OfficerRole, tdr.SupervisorRole, tdr.LiaisonRole}[step.By]
	events, err := tdr.Decide(s.state, tdr.Command{
		ID: string(step.Name), Actor: tdr.Actor{ID: cast.Who(step.By, 0), Roles: []tdr.Role{role}}, Act: act,
	}, facts)
	if err != nil {
		t.Fatalf("%s in stage %s: %v", step.Name, s.state.Stage, err)
	}
	s.state = tdr.ApplyAll(s.state, events)
}

func (s *stage) openLevel(level int) string {
	escalation, _ := s.state.Ladder.Open(level)
	return escalation.ID
}

// pass lets time pass and answers how many moments brought something.
func (s *stage) pass(until time.Time) int {
	moments := 0
	for {
		next, due := tdr.Next(s.state)
		if !due || next.At.After(until) {
			s.now = until
			return moments
		}
		s.now = next.At
		s.state = tdr.ApplyAll(s.state, tdr.Elapse(s.state, s.now))
		moments++
	}
}

// mails is how many the notices of the state become, by person.
func (s *stage) mails() map[string]int {
	mails := map[string]int{}
	for _, notice := range tdr.Notices(s.state, 0) {
		found := s.people.Addressees(notice.Level, directory.Case{Officer: s.state.Officer, FieldOffice: s.state.FieldOffice, Country: s.state.Country}, s.now)
		for _, recipient := range found.Recipients {
			mails[recipient.Email]++
		}
	}
	return mails
}

func TestTheLifeReachesItsEndByTheRules(t *testing.T) {
	s := newStage(t)
	began, fired := s.now, 0
	for _, step := range script.Life() {
		fired += s.pass(began.Add(step.At))
		s.take(t, step)
	}
	if s.state.Stage != tdr.Closed || s.state.Outcome != tdr.OutcomeTravelled {
		t.Errorf("the life ends %s %s, want closed travelled", s.state.Stage, s.state.Outcome)
	}
	if fired != script.Timers {
		t.Errorf("%d moments brought something by themselves, want %d", fired, script.Timers)
	}
	mails := s.mails()
	if mails[cast.Address(cast.Officer(0))] != 2 || mails[cast.Address(cast.Supervisor(0))] != 1 || len(mails) != 2 {
		t.Errorf("mails %v, want two to the slot's officer and one to the slot's supervisor", mails)
	}
}

func TestTheUndisturbedLifeReachesItsEndToo(t *testing.T) {
	s := newStage(t)
	for _, step := range script.Undisturbed() {
		s.now = s.now.Add(time.Millisecond)
		s.take(t, step)
	}
	if s.state.Outcome != tdr.OutcomeTravelled || len(tdr.Notices(s.state, 0)) != 0 {
		t.Errorf("the life ends %s with %d notices", s.state.Outcome, len(tdr.Notices(s.state, 0)))
	}
}

func TestSilenceSpeaksWhenTheScriptSays(t *testing.T) {
	s := newStage(t)
	life := script.Life()
	for _, step := range life[:slices.IndexFunc(life, func(step script.Step) bool { return step.Told })] {
		s.take(t, step)
	}
	sent := s.now
	for level, after := range []time.Duration{script.ReminderAfter, script.EscalationAfter} {
		next, due := tdr.Next(s.state)
		if !due || next.Level != level || next.At.Sub(sent) != after {
			t.Fatalf("next is %s level %d after %v, want level %d after %v", next.Kind, next.Level, next.At.Sub(sent), level, after)
		}
		s.pass(next.At)
	}
}

func TestStepsFollowEachOtherAndAnswerMailInTime(t *testing.T) {
	var last, sent time.Duration
	for _, step := range script.Life() {
		if step.Update() && step.At <= last {
			t.Errorf("%s is meant to be taken at %v, not after %v", step.Name, step.At, last)
		}
		if step.Name == tdr.SendName {
			sent = step.At
		}
		if step.Told && step.At <= sent+script.EscalationAfter {
			t.Errorf("%s answers an escalation before it can be there", step.Name)
		}
		last = step.At
	}
}
