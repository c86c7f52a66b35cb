package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

const personID = "person-one"

// clock is a custody clock in the test environment, with the time of every filing.
type clock struct {
	*stage
	legal []custody.Event
	filed map[string]time.Time
}

func newClock(t *testing.T, start time.Time) *clock {
	t.Helper()
	c := &clock{stage: newStage(t, start), filed: map[string]time.Time{}}
	c.env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name != activities.FileMilestonesName {
			return
		}
		for _, key := range c.world.Filed() {
			if c.filed[key].IsZero() {
				c.filed[key] = c.env.Now()
			}
		}
	})
	return c
}

// happen adds a legal event on a local day and tells the clock, if it runs.
func (c *clock) happen(kind custody.Kind, on calendar.Date) {
	c.legal = append(c.legal, custody.Event{
		ID: fmt.Sprintf("legal-%d", len(c.legal)+1), Kind: kind, Date: on,
		Source: custody.Source{Type: "court_order", SHA256: strings.Repeat("0", 64)},
	})
	c.world.SetLegal(activities.LegalHistory{
		PersonID: personID, Office: "BOS", Events: slices.Clone(c.legal),
		OfficeTime: rehearsal.Calendar("office/BOS", "America/New_York", began),
	})
}

func (c *clock) later(after time.Duration, kind custody.Kind) {
	c.at(after, func() {
		c.happen(kind, calendar.DateOf(c.env.Now()))
		c.env.SignalWorkflow(workflows.LegalEventsChangedSignal, nil)
	})
}

func (c *clock) watch() {
	c.Helper()
	c.env.ExecuteWorkflow(workflows.CustodyType, workflows.CustodyInput{PersonID: personID})
	if err := c.env.GetWorkflowError(); err != nil {
		c.Fatalf("the clock failed: %v", err)
	}
	if !c.env.IsWorkflowCompleted() {
		c.Fatal("the clock runs on")
	}
}

// filedOn is the local day and hour at which the first duty of a name was filed.
func (c *clock) filedOn(name string) string {
	boston, err := time.LoadLocation("America/New_York")
	if err != nil {
		c.Fatal(err)
	}
	first := "never"
	for key, at := range c.filed {
		if day := at.In(boston).Format("2006-01-02 15:04"); strings.HasPrefix(key, name+"/") && day < first {
			first = day
		}
	}
	return first
}

var firstDay = calendar.DateOf(began)

// Every duty is filed when its day begins in the office, over a change of its clocks.
func TestCustodyDutiesAreFiledOnTheirDays(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.later(200*day, custody.Released)
	c.watch()
	for name, want := range map[string]string{ // 2026-03-02 plus 60, 90, 150, 180 days; clocks go forward on March 8
		custody.ReviewNotice:           "2026-05-01 00:00",
		custody.RecordsReview:          "2026-05-31 00:00",
		custody.HeadquartersAssistance: "2026-05-31 00:00",
		custody.LikelihoodFinding:      "2026-07-30 00:00",
		custody.SixMonths:              "2026-08-29 00:00",
	} {
		if got := c.filedOn(name); got != want {
			t.Errorf("%s was filed at %s, want %s", name, got, want)
		}
	}
	if len(c.world.Poked()) == 0 {
		t.Error("no mailbox was poked")
	}
}

// Release ends the clock; what falls into freedom is owed at once on the return
// to detention, and the rest keeps its dates.
func TestReleaseAndReturn(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.later(70*day, custody.Released)
	c.watch()
	if c.filedOn(custody.ReviewNotice) != "2026-05-01 00:00" || c.filedOn(custody.RecordsReview) != "never" {
		t.Errorf("before the release: %v", c.filed)
	}
	returned := newClock(t, began.Add(120*day))
	returned.legal = c.legal
	returned.happen(custody.Detained, calendar.DateOf(returned.start))
	returned.later(100*day, custody.Released)
	returned.watch()
	if got := returned.filedOn(custody.RecordsReview); got != returned.start.In(boston(t)).Format("2006-01-02 15:04") {
		t.Errorf("what was owed was filed at %s", got)
	}
	if got := returned.filedOn(custody.SixMonths); got != "2026-08-29 00:00" {
		t.Errorf("the six months were filed at %s", got)
	}
}

func boston(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// A detention that an office further east recorded past its midnight is no contradiction here.
func TestTheDayOfAnOfficeFurtherEastCounts(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay.AddDays(-60))
	c.happen(custody.Detained, firstDay.AddDays(1))
	c.later(2*day, custody.Released)
	c.watch()
	if alarms := c.world.Alarms(); len(alarms) != 0 || len(c.world.Filed()) == 0 {
		t.Errorf("alarms %+v, filed %+v", alarms, c.world.Filed())
	}
}

// A return to detention that is told while the release is being read is not missed.
func TestReturnDuringTheLastLook(t *testing.T) {
	c := newClock(t, began.Add(70*day))
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.happen(custody.Released, firstDay.AddDays(1))
	looks := 0
	c.env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name != activities.ReadHistoryName {
			return
		}
		if looks++; looks == 1 {
			c.happen(custody.Detained, firstDay.AddDays(69))
		}
	})
	told := false
	c.world.SetFail(func(method string) error {
		if method == "LegalHistory" && !told {
			told = true
			c.env.SignalWorkflow(workflows.LegalEventsChangedSignal, nil)
		}
		return nil
	})
	c.later(day, custody.Released)
	c.watch()
	if looks != 3 || len(c.world.Filed()) != 1 {
		t.Errorf("looked %d times and filed %v", looks, c.world.Filed())
	}
}

// A duty that a correction took off the record while it was being filed is filed
// when another correction brings it back.
func TestADutyThatComesBackIsFiled(t *testing.T) {
	c := newClock(t, began.Add(70*day))
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.world.SetAbsent(func(string) bool { return true })
	c.at(day, func() {
		c.world.SetAbsent(nil)
		c.env.SignalWorkflow(workflows.LegalEventsChangedSignal, nil)
	})
	c.later(2*day, custody.Released)
	c.watch()
	if filed := c.world.Filed(); len(filed) != 1 {
		t.Errorf("filed %v", filed)
	}
}

// A stay suspends every date; its end begins the period anew.
func TestStayStartsThePeriodAnew(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.later(30*day, custody.StayGranted)
	c.later(100*day, custody.StayEnded)
	c.later(300*day, custody.Released)
	c.watch()
	want := calendar.DateOf(began.Add(100*day)).AddDays(60).String() + " 00:00"
	if got := c.filedOn(custody.ReviewNotice); got != want {
		t.Errorf("notice filed at %s, want %s", got, want)
	}
}

// What is missed is told again every thirty days, a yearly review each year though
// nobody ever decided, and what 8 CFR 236.1(e) asks for each week until it is done.
func TestMissedDutiesAreToldAgain(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	history, err := c.world.LegalHistory(t.Context(), personID)
	if err != nil {
		t.Fatal(err)
	}
	history.Consular = []custody.Duty{{Key: "consular_notification/claim-one", Since: firstDay, Again: 7}}
	c.world.SetLegal(history)
	// Recording the release, this history of the rehearsal forgets what was not notified.
	c.later(825*day, custody.Released)
	c.watch()
	filed := c.world.Filed()
	review, yearly := custody.RecordsReview+"/"+firstDay.String(), custody.AnnualReview+"/"+firstDay.String()
	for key, want := range map[string]bool{
		review: true, review + "/again/1": true, review + "/again/24": true, review + "/again/25": false,
		yearly: true, yearly + "/again/12": true, yearly + "/2": true, yearly + "/3": false,
		"consular_notification/claim-one": true, "consular_notification/claim-one/again/1": true, "consular_notification/claim-one/again/117": true,
	} {
		if got := slices.Contains(filed, key); got != want {
			t.Errorf("%s was filed: %v", key, got)
		}
	}
}

// A history that contradicts itself raises an alarm, and the clock waits for its correction.
func TestContradictoryHistoryIsAnAlarm(t *testing.T) {
	c := newClock(t, began)
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.at(day, func() {
		c.happen(custody.Detained, firstDay.AddDays(1))
		c.env.SignalWorkflow(workflows.LegalEventsChangedSignal, nil)
	})
	c.at(2*day, func() {
		c.legal = c.legal[:2]
		c.happen(custody.Released, firstDay.AddDays(2))
		c.env.SignalWorkflow(workflows.LegalEventsChangedSignal, nil)
	})
	c.watch()
	alarms := c.world.Alarms()
	if len(alarms) != 1 || alarms[0].Kind != activities.AlarmCustodyHistory || alarms[0].PersonID != personID {
		t.Fatalf("alarms %+v", alarms)
	}
	if rules := fmt.Sprint(alarms[0].Detail["rules"]); rules != "[already_detained]" {
		t.Errorf("the alarm names %s", rules)
	}
}

// A long clock goes on in a new run that knows what was filed.
func TestCustodyClockRolls(t *testing.T) {
	c := newClock(t, began.Add(65*day))
	c.happen(custody.OrderFinal, firstDay)
	c.happen(custody.Detained, firstDay)
	c.env.SetContinueAsNewSuggested(true)
	c.env.ExecuteWorkflow(workflows.CustodyType, workflows.CustodyInput{PersonID: personID})
	var again *workflow.ContinueAsNewError
	if !errors.As(c.env.GetWorkflowError(), &again) {
		t.Fatalf("no next run: %v", c.env.GetWorkflowError())
	}
	var input workflows.CustodyInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &input); err != nil {
		t.Fatal(err)
	}
	if input.PersonID != personID || len(input.Filed) != 1 || input.Seen.IsZero() {
		t.Fatalf("the next run is given %+v", input)
	}
	second := newClock(t, began.Add(65*day))
	second.world.SetFail(func(method string) error {
		if method == "FileMilestones" && second.env.Now().Before(began.Add(66*day)) {
			return errUnreachable // nothing is to be filed twice
		}
		return nil
	})
	second.legal = c.legal[:1]
	second.happen(custody.Detained, firstDay)
	second.later(50*day, custody.Released)
	second.env.ExecuteWorkflow(workflows.CustodyType, input)
	if err := second.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if got := second.filedOn(custody.RecordsReview); got != "2026-05-31 00:00" {
		t.Errorf("the review was filed at %s", got)
	}
}
