package web

import (
	"strconv"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// consularPart is what a detention asks for towards consular officers (8 CFR
// 236.1(e)), and what they were told.
type consularPart struct {
	Duties []consularRow
	Told   []string
	Record string // where a notification is recorded; empty for who may not
}

type consularRow struct {
	Towards, Duty, Within, Days, Status string
	Why                                 []term
}

func (d *dossier) fillConsular(page *requestPage) error {
	if !d.may(identity.ReadCustody) {
		return nil
	}
	list, ok, err := readable[contract.ConsularNotifications](d.visit, "/v1/persons/"+d.Request.PersonId+"/consular-notifications")
	if err != nil || !ok || len(list.Duties)+len(list.Notifications) == 0 {
		return err
	}
	part := consularPart{}
	for _, duty := range list.Duties {
		part.Duties = append(part.Duties, d.consularRow(duty))
	}
	for _, told := range list.Notifications {
		part.Told = append(part.Told, d.toldText(told))
	}
	if len(list.Duties) > 0 && d.may(identity.RecordConsularNotification) {
		part.Record = d.path() + "/consular-notifications/new"
	}
	page.Consular = &part
	return nil
}

func (d *dossier) consularRow(duty contract.ConsularDuty) consularRow {
	row := consularRow{
		Towards: "Not known yet", Duty: "Record which nationality is claimed", Within: "At once", Status: "Owed",
		Days: count(d.today().DaysSince(duty.DetainedSince), "day") + " since the detention on " + d.date(duty.DetainedSince),
	}
	if duty.Duty == contract.Notify {
		row.Towards, row.Duty = d.country(duty.Country), "Tell the person of the right to communicate, and notify when they ask"
	}
	if duty.Mandatory {
		row.Duty = "Notify, whatever the person wishes"
		row.Why = []term{{"Rule", duty.Rule.Source}, {"Read on", d.date(duty.Rule.Read)}}
		if duty.Exception != "" {
			row.Why = append(row.Why, term{"Exception", duty.Exception})
		}
	}
	if duty.WithinHours > 0 {
		row.Within = "Within " + count(duty.WithinHours, "hour")
	}
	if duty.State == contract.ConsularDutyStateDone {
		row.Status = "Done"
	}
	return row
}

func (d *dossier) toldText(told contract.ConsularNotification) string {
	about := d.country(told.Country) + ", about the detention since " + d.date(told.DetainedSince) + ": "
	by := ", recorded by " + d.names.person(told.RecordedBy)
	if told.NotifiedAt.IsZero() {
		return about + "the person declined" + by
	}
	return about + wordFor(notificationMeans(), told.Means) + ", " + d.moment(told.NotifiedAt) + by
}

func notificationMeans() []choice {
	return []choice{{"telephone", "By telephone"}, {"fax", "By fax"}, {"mail", "By mail"}, {"electronic", "Electronically"}, {"in_person", "In person"}}
}

// custodyDays tells how far the day of a custody duty is, in calendar days: no closed day moves it.
func (d *dossier) custodyDays(m custody.Milestone) string {
	since := m.Date
	if m.OwedSince.After(since) {
		since = m.OwedSince
	}
	switch m.Status {
	case custody.Done:
		if m.LateDays > 0 {
			return "Done on " + d.date(m.DoneOn) + ", " + count(m.LateDays, "day") + " late"
		}
		return "Done on " + d.date(m.DoneOn)
	case custody.Suspended:
		return "No day while the stay stands"
	case custody.Coming:
		return "In " + count(m.Date.DaysSince(d.today()), "day")
	default:
		return owedText(d.today(), since)
	}
}

func owedText(today, since calendar.Date) string {
	if days := today.DaysSince(since); days > 0 {
		return "Owed for " + count(days, "day")
	}
	return "Owed today"
}

func dayWord(day int) string { return "Day " + strconv.Itoa(day) }
