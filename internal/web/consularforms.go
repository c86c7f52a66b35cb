package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func notificationKinds() []choice {
	return []choice{
		{"mandatory", "Notified, as the list of countries orders"}, {"at_request", "Notified, as the person asked"},
		{"declined", "The person was told of the right and declined"},
	}
}

func claimants() []choice {
	return []choice{{"person", "The person"}, {"document", "A document"}, {"country", "The country"}, {"family", "The family"}, {"record", "A record"}}
}

// notifying is what is asked about a notification: towards the countries whose officers are owed one.
func (v *visit) notifying() (*dossier, contract.ConsularNotifications, form, error) {
	d, err := v.about(identity.RecordConsularNotification)
	if err != nil {
		return nil, contract.ConsularNotifications{}, form{}, err
	}
	list, err := read[contract.ConsularNotifications](v, "/v1/persons/"+d.Request.PersonId+"/consular-notifications")
	if err != nil {
		return nil, list, form{}, err
	}
	var countries []choice
	for _, duty := range list.Duties {
		if duty.Country != "" {
			countries = append(countries, choice{duty.Country, d.country(duty.Country)})
		}
	}
	proof := source()
	proof.Label = "Document that shows it"
	return d, list, form{
		Title: "Record a consular notification", Code: d.Request.Code, Heading: "Record a consular notification",
		Lead: "Consular officers are told that a national of theirs is detained. Nothing else is told, and no travel document is asked for.",
		Back: linked{d.path() + "#consular", "Request " + d.Request.Code}, Address: d.path() + "/consular-notifications/new", Button: "Record the notification",
		Fields: []field{
			{Kind: choiceOf, Name: "country", Label: "Towards", Hint: "A claimed nationality; record it first where it is missing.", Choices: countries, Missing: "Choose the country."},
			{Kind: choiceOf, Name: "kind", Label: "What was done", Choices: notificationKinds(), Missing: "Choose what was done."},
			{Kind: choiceOf, Name: "means", Label: "By which means", Hint: "Not when the person declined.", Choices: notificationMeans(), Missing: "Choose the means.", Optional: true},
			{Kind: dateOf, Name: dayField, Label: "Day of the notification", Hint: "Not when the person declined.", Missing: "Enter a day, such as 3 10 2026.", Optional: true},
			{Kind: timeOf, Name: timeField, Label: "Time in " + d.readTime.In(d.zone).Format("MST"), Hint: "On the 24-hour clock, such as 14:30.", Missing: "Enter a time such as 14:30.", Optional: true},
			proof, note(),
		},
		Check: func(e entries) []fault {
			at, ok := e.moment(dayField, timeField, d.zone)
			switch {
			case e["kind"] == "declined":
				return nil
			case e["means"] == "":
				return []fault{{"means", "Choose the means."}}
			case !ok || at.IsZero():
				return []fault{{dayField + "-month", "Enter the day and the time of the notification."}}
			}
			return nil
		},
	}, nil
}

func (s *Site) showNotification(v *visit) error {
	d, _, asked, err := v.notifying()
	if err != nil {
		return err
	}
	e := blank()
	e.setMoment(dayField, timeField, d.readTime, d.zone)
	return v.ask(http.StatusOK, asked, e, nil)
}

// recordNotification records that consular officers were told, or that the person declined.
func (s *Site) recordNotification(v *visit) error {
	d, list, asked, err := v.notifying()
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.NewConsularNotification{
			Country: e["country"], Kind: contract.NewConsularNotificationKind(e["kind"]), Source: tdr.Evidence(e["source"]), Note: e["note"],
		}
		for _, duty := range list.Duties {
			if duty.Country == body.Country {
				body.DetainedSince = duty.DetainedSince
			}
		}
		if e["kind"] != "declined" {
			at, _ := e.moment(dayField, timeField, d.zone)
			body.Means, body.NotifiedAt = contract.NewConsularNotificationMeans(e["means"]), at.UTC()
		}
		pending, err := v.act("/v1/persons/"+d.Request.PersonId+"/consular-notifications", e["key"], "", body)
		fields := map[string]string{"country": "country", "kind": "kind", "means": "means", "notified_at": dayField + "-month", "source": "source", "note": "note"}
		if faults := faultsOf(err, fields, "kind"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done(d.path(), "recorded", pending)
	})
}

// claiming is what is asked about a claimed nationality.
func (v *visit) claiming() (*dossier, form, error) {
	d, err := v.about(identity.ClaimNationality)
	if err != nil {
		return nil, form{}, err
	}
	list, err := read[contract.CountryList](v, "/v1/countries")
	if err != nil {
		return nil, form{}, err
	}
	var countries []choice
	for _, each := range list.Countries {
		countries = append(countries, choice{each.Alpha3, each.Name})
	}
	slices.SortFunc(countries, func(a, b choice) int { return strings.Compare(a.Word, b.Word) })
	return d, form{
		Title: "Record a claimed nationality", Code: d.Request.Code, Heading: "Record a claimed nationality",
		Lead: "A claim takes no earlier one back and says nothing of the country on an order. What leaves is looked at anew under it.",
		Back: linked{d.path() + "#person", "Request " + d.Request.Code}, Address: d.path() + "/nationalities/new", Button: "Record the claim",
		Fields: []field{
			{Kind: choiceOf, Name: "country", Label: "Nationality", Choices: countries, Missing: "Choose the country."},
			{Kind: choiceOf, Name: "by", Label: "Who or what says so", Choices: claimants(), Missing: "Choose who or what says so."},
			{Kind: dateOf, Name: dayField, Label: "Day of the claim", Missing: "Enter a day, such as 3 10 2026."},
			source(), note(),
		},
	}, nil
}

func (s *Site) showNationality(v *visit) error {
	d, asked, err := v.claiming()
	if err != nil {
		return err
	}
	e := blank()
	e.setDate(dayField, d.today())
	return v.ask(http.StatusOK, asked, e, nil)
}

// claimNationality records who or what claims a nationality for the person.
func (s *Site) claimNationality(v *visit) error {
	d, asked, err := v.claiming()
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.NewNationality{
			Country: e["country"], ClaimedBy: contract.NewNationalityClaimedBy(e["by"]), Dated: e.date(dayField),
			Source: tdr.Evidence(e["source"]), Note: e["note"],
		}
		pending, err := v.act("/v1/persons/"+d.Request.PersonId+"/nationalities", e["key"], "", body)
		fields := map[string]string{"country": "country", "claimed_by": "by", "dated": dayField + "-month", "source": "source", "note": "note"}
		if faults := faultsOf(err, fields, "country"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done(d.path(), "recorded", pending)
	})
}
