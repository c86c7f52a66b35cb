package web

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// form is a page that asks for entries, and shows them once more where what
// follows cannot be taken back.
type form struct {
	Title   string // of the page; nothing personal
	Code    string // of the request that it is about; empty when of none
	Heading string
	Lead    string
	Back    linked
	Facts   []term // what whoever decides looks at
	Address string // where it is sent
	Fields  []field
	Button  string
	// Sure is the question of the confirmation, SureText what follows; without one
	// the form acts at once.
	Sure, SureText string
	Check          func(entries) []fault // of entries together; nil where each stands alone
}

// kind of an entry.
type kind string

const (
	choiceOf kind = "choice"
	textOf   kind = "text"
	noteOf   kind = "note"
	dateOf   kind = "date"
	timeOf   kind = "time"   // of day, on the 24-hour clock
	sourceOf kind = "source" // a document of which the fingerprint alone is recorded
	fileOf   kind = "file"   // a document that is kept
)

// field is one entry of a form.
type field struct {
	Kind     kind
	Name     string
	Label    string
	Hint     string
	Choices  []choice
	Pattern  *regexp.Regexp // of a text
	Missing  string         // what to do when it is not as it has to be
	Optional bool
}

// names of the entries that the field consists of.
func (f field) names() []string {
	switch f.Kind {
	case dateOf:
		return []string{f.Name + "-month", f.Name + "-day", f.Name + "-year"}
	case fileOf:
		return nil
	default:
		return []string{f.Name}
	}
}

// ID is where a fault of the field leads.
func (f field) ID() string {
	if f.Kind == dateOf {
		return f.Name + "-month"
	}
	return f.Name
}

// entries are what was entered, by name, with the key of the command.
type entries map[string]string

// blank is a form that nobody has filled in.
func blank() entries { return entries{"key": newKey()} }

// given reads what was sent of a form. Of a source only the fingerprint is kept.
func (v *visit) given(f form) (entries, error) {
	all := entries{"key": v.entry("key")}
	for _, each := range f.Fields {
		for _, name := range each.names() {
			all[name] = v.entry(name)
		}
		if each.Kind != sourceOf {
			continue
		}
		hash, err := v.documentHash(each.Name + "-document")
		if err == nil {
			all[each.Name] = hash
		} else if !errors.Is(err, errNoDocument) {
			return nil, err
		}
	}
	return all, nil
}

// date of a field; zero when it is none.
func (e entries) date(name string) calendar.Date {
	date, _ := threeFields(e[name+"-year"], e[name+"-month"], e[name+"-day"])
	return date
}

// setDate fills a field in.
func (e entries) setDate(name string, date calendar.Date) {
	if !date.IsZero() {
		e[name+"-month"], e[name+"-day"], e[name+"-year"] = date.Midnight().Format("1"), date.Midnight().Format("2"), date.Midnight().Format("2006")
	}
}

// moment is a date and a time of day as clocks in a zone show it; ok is false when it is none.
func (e entries) moment(date, timeOfDay string, in *time.Location) (at time.Time, ok bool) {
	at, err := time.ParseInLocation("2006-01-02 15:04", e.date(date).String()+" "+e[timeOfDay], in)
	return at, err == nil
}

// setMoment fills both in.
func (e entries) setMoment(date, timeOfDay string, at time.Time, in *time.Location) {
	e.setDate(date, calendar.DateOf(at.In(in)))
	e[timeOfDay] = at.In(in).Format("15:04")
}

// empty tells that nothing was entered in a field.
func (e entries) empty(f field) bool {
	var all string
	for _, name := range f.names() {
		all += e[name]
	}
	return all == ""
}

// faults are the entries that are not as they have to be. What is lawful is the API's to say.
func (f form) faults(e entries) []fault {
	var faults []fault
	for _, each := range f.Fields {
		if !each.good(e) {
			faults = append(faults, fault{each.ID(), each.Missing})
		}
	}
	if len(faults) == 0 && f.Check != nil {
		faults = f.Check(e)
	}
	return faults
}

var dayTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

func (f field) good(e entries) bool {
	if f.Kind == fileOf || f.Optional && e.empty(f) {
		return true
	}
	switch f.Kind {
	case choiceOf:
		return isOneOf(f.Choices, e[f.Name])
	case dateOf:
		return !e.date(f.Name).IsZero()
	case timeOf:
		return dayTime.MatchString(e[f.Name])
	case textOf:
		return f.Pattern.MatchString(e[f.Name])
	default:
		return e[f.Name] != ""
	}
}

// shownForm is a form with its entries, as the template reads it.
type shownForm struct {
	form
	Key     string
	Shown   []shownField
	Confirm bool
	Summary []term
	Entries entries
}

// shownField is a field with what was entered in it.
type shownField struct {
	field
	Value            string
	Month, Day, Year string
	Fault            string
}

// ask shows a form as it was filled in.
func (v *visit) ask(status int, f form, e entries, faults []fault) error {
	page := shownForm{form: f, Key: e["key"], Entries: e}
	for _, each := range f.Fields {
		shown := shownField{field: each, Value: e[each.Name]}
		if each.Kind == dateOf {
			shown.Month, shown.Day, shown.Year = e[each.Name+"-month"], e[each.Name+"-day"], e[each.Name+"-year"]
		}
		for _, fault := range faults {
			if fault.Field == each.ID() {
				shown.Fault = fault.Text
			}
		}
		page.Shown = append(page.Shown, shown)
	}
	return v.show(status, "form", view{Title: f.Title, Code: f.Code, Faults: faults, Body: page})
}

// confirm shows what was entered once more.
func (v *visit) confirm(f form, e entries) error {
	page := shownForm{form: f, Key: e["key"], Entries: e, Confirm: true}
	for _, each := range f.Fields {
		if !e.empty(each) {
			page.Summary = append(page.Summary, term{each.Label, v.said(each, e)})
		}
	}
	return v.found("form", view{Title: "Confirm: " + strings.ToLower(f.Title[:1]) + f.Title[1:], Code: f.Code, Body: page})
}

// said is what was entered in a field, in words.
func (v *visit) said(f field, e entries) string {
	switch f.Kind {
	case choiceOf:
		return wordFor(f.Choices, e[f.Name])
	case dateOf:
		return dateText(e.date(f.Name), calendar.DateOf(v.now().In(v.zone())))
	case sourceOf:
		return "Fingerprint " + short(e[f.Name])
	default:
		return e[f.Name]
	}
}

// decide takes a form: shows it again where it is at fault, has it confirmed
// where that is asked, and acts. act gives the faults that the API found by the
// ids of the fields on the page.
func (v *visit) decide(f form, act func(entries) ([]fault, error)) error {
	e, err := v.given(f)
	if err != nil {
		return err
	}
	if faults := f.faults(e); len(faults) > 0 {
		return v.ask(http.StatusUnprocessableEntity, f, e, faults)
	}
	if f.Sure != "" && v.entry("confirmed") != "yes" {
		return v.confirm(f, e)
	}
	faults, err := act(e)
	if len(faults) > 0 {
		e["key"] = newKey() // the refused command keeps its own
		return v.ask(http.StatusUnprocessableEntity, f, e, faults)
	}
	return err
}

// source is the field for the document that something stands on.
func source() field {
	return field{
		Kind: sourceOf, Name: "source", Label: "Source document", Hint: "Its fingerprint is recorded; keep the document in the file.",
		Missing: "Choose the source document.",
	}
}

// note is the field for a text that nothing repeats.
func note() field {
	return field{Kind: noteOf, Name: "note", Label: "Note (optional)", Hint: "Kept on record; no mail repeats it.", Optional: true}
}
