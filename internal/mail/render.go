package mail

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/tabwriter"
	texttemplate "text/template"
	"time"
)

//go:embed templates
var templates embed.FS

// document is one mail before it becomes text or HTML. Both parts are made
// from it and from nothing else, so that they say the same.
type document struct {
	Subject   string
	Preheader string
	Repeat    string
	First     string
	Lines     []string
	Items     []item
	Table     [][]string // the first row is the heading
	Link      string     // empty in a mail to a post
	Closing   string
	ToPost    bool
	Desk      string
}

// item is one notice of a bundle.
type item struct{ Head, Ask string }

// Render writes the mail. It refuses data that would say too little or could
// smuggle something in; the error names the field, never its content.
func Render(data Data) (Rendered, error) {
	doc, repeat, err := compose(data)
	if err != nil {
		return Rendered{}, fmt.Errorf("render mail: %w", err)
	}
	if hasControl(doc.Subject) || len(doc.Subject) > maxSubject {
		return Rendered{}, errors.New("render mail: subject is too long or holds control characters")
	}
	text, err := doc.text()
	if err != nil {
		return Rendered{}, fmt.Errorf("render text: %w", err)
	}
	html, err := doc.html()
	if err != nil {
		return Rendered{}, fmt.Errorf("render HTML: %w", err)
	}
	return Rendered{Subject: doc.Subject, Preheader: doc.Preheader, Text: text, HTML: html, Repeat: repeat}, nil
}

func compose(data Data) (document, bool, error) {
	var doc document
	var frame Frame
	var err error
	switch d := data.(type) {
	case Case:
		frame = d.Frame
		doc, err = d.document()
	case Bundle:
		frame = d.Frame
		doc, err = d.document()
	case Digest:
		frame = d.Frame
		doc, err = d.document()
	default:
		err = errors.New("unknown data")
	}
	if err != nil {
		return document{}, false, err
	}
	doc.Desk = frame.Desk
	if !doc.ToPost {
		doc.Link, doc.Closing = frame.Link, linkNeutral+" "+doc.Closing
	}
	if frame.Repeat {
		doc.Repeat = repeatMark
	}
	return doc, frame.Repeat, nil
}

func (c Case) document() (document, error) {
	if err := cmp.Or(c.Frame.check(), c.Notice.check()); err != nil {
		return document{}, err
	}
	words, fill := wordingOf(c.Kind), c.Notice.filler(c.Frame)
	lines := []string{fill.Replace(words.needs), "Asked of you: " + words.ask}
	if status := c.Notice.status(dayOf(c.Now.In(c.Zone))); status != "" {
		lines = append(lines, status)
	}
	return document{
		Subject:   fill.Replace(words.subject),
		Preheader: words.preheader,
		First:     words.first,
		Lines:     lines,
		Closing:   words.closing + " " + noCaseDetails,
		ToPost:    c.Kind.toPost(),
	}, nil
}

// status says how long, and where on the ladder.
func (n Notice) status(today Day) string {
	if n.Kind == Bounce && n.Bounced != "" {
		return "Not delivered: " + strings.ToLower(wordingOf(n.Bounced).label) + "."
	}
	if n.level() < 0 {
		return ""
	}
	level := wordingOf(n.Kind).label + "."
	if n.Since.zero() {
		return level
	}
	return fmt.Sprintf("Waiting %s (since %s). %s", plural(n.Days, "day"), dayWords(n.Since, today), level)
}

// filler puts the notice's values into its wording.
func (n Notice) filler(frame Frame) *strings.Replacer {
	today := dayOf(frame.Now.In(frame.Zone))
	on, moment, left := n.On, "", ""
	if !n.Due.IsZero() {
		on = dueDay(n.Due, frame.Zone)
		moment = instantWords(n.Due, frame.Now, frame.Zone)
	}
	date := ""
	if !on.zero() {
		date, left = dayWords(on, today), daysWords(on.since(today))
	}
	return strings.NewReplacer("{code}", n.Code.text, "{date}", date, "{moment}", cmp.Or(moment, date), "{days}", left)
}

func (b Bundle) document() (document, error) {
	if err := b.Frame.check(); err != nil {
		return document{}, err
	}
	if len(b.Notices) == 0 || len(b.Notices) > MaxBundle {
		return document{}, fmt.Errorf("a bundle holds 1 to %d notices", MaxBundle)
	}
	var overdue, week int
	var items []item
	for i, notice := range b.Notices {
		if err := notice.check(); err != nil {
			return document{}, fmt.Errorf("notice %d: %w", i, err)
		}
		late, soon := notice.Urgency(b.Now, b.Zone)
		overdue, week = overdue+late, week+soon
		items = append(items, item{notice.headline(b.Frame), wordingOf(notice.Kind).first})
	}
	bundled := document{
		Subject:   digestSubject(len(items), overdue, week),
		Preheader: "By request",
		First:     plural(len(items), "item") + " " + needYou(len(items)) + ".",
		Items:     items,
		Closing:   noCaseDetails,
	}
	if b.Notices[0].Kind.toPost() {
		bundled.ToPost = true
		bundled.Subject, bundled.Preheader = plural(len(items), "notice")+" about our packages", "By reference"
		bundled.First = "Please read what each says of its reference."
	}
	return bundled, nil
}

// headline is the code, what it is about and until when.
func (n Notice) headline(frame Frame) string {
	head := n.Code.text + ": " + strings.ToLower(wordingOf(n.Kind).label[:1]) + wordingOf(n.Kind).label[1:]
	fill := n.filler(frame)
	switch {
	case n.level() >= 0 && (!n.Due.IsZero() || !n.On.zero()):
		return fill.Replace(head + ", by {moment}")
	case !n.On.zero():
		return fill.Replace(head + " {date}, {days}")
	default:
		return head
	}
}

// Urgency is 1 for overdue, to the hour where there is one, and 1 for due today
// or within seven days of the zone, never both. Bundles and digests count by it.
func (n Notice) Urgency(now time.Time, zone *time.Location) (overdue, week int) {
	day := n.On
	if !n.Due.IsZero() {
		if n.Due.Before(now) {
			return 1, 0
		}
		day = dueDay(n.Due, zone)
	}
	if day.zero() {
		return 0, 0
	}
	switch left := day.since(dayOf(now.In(zone))); {
	case left < 0:
		return 1, 0
	case left <= 7:
		return 0, 1
	default:
		return 0, 0
	}
}

func (d Digest) document() (document, error) {
	if err := d.Frame.check(); err != nil {
		return document{}, err
	}
	if len(d.Rows) == 0 {
		return document{}, errors.New("a digest needs a row")
	}
	var sum Count
	table := [][]string{{"Country", "Level", "Need you", "Overdue", "This week"}}
	for i, row := range d.sorted() {
		if err := row.check(); err != nil {
			return document{}, fmt.Errorf("row %d: %w", i, err)
		}
		sum.Total, sum.Overdue, sum.ThisWeek = sum.Total+row.Total, sum.Overdue+row.Overdue, sum.ThisWeek+row.ThisWeek
		table = append(table, []string{
			row.Country.name, wordingOf(row.Kind).label, count(row.Total), count(row.Overdue), count(row.ThisWeek),
		})
	}
	return document{
		Subject:   digestSubject(sum.Total, sum.Overdue, sum.ThisWeek),
		Preheader: "By country and level",
		First:     plural(sum.Total, "item") + " " + needYou(sum.Total) + ".",
		Table:     table,
		Closing:   noCaseDetails,
		ToPost:    d.Rows[0].Kind.toPost(),
	}, nil
}

func (d Digest) sorted() []Count {
	order := Kinds()
	return slices.SortedStableFunc(slices.Values(d.Rows), func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Country.name, b.Country.name),
			cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)))
	})
}

func (c Count) check() error {
	if _, err := NewCountry(c.Country.name); err != nil {
		return err
	}
	if _, known := datesOf(c.Kind); !known {
		return fmt.Errorf("kind %q is not known", c.Kind)
	}
	if c.Total < 1 || c.Overdue < 0 || c.ThisWeek < 0 || c.Overdue+c.ThisWeek > c.Total {
		return errors.New("counts contradict each other")
	}
	return nil
}

func digestSubject(total, overdue, week int) string {
	return fmt.Sprintf("%s %s: %s overdue, %s this week", count(total), needYou(total), count(overdue), count(week))
}

func needYou(n int) string {
	if n == 1 {
		return "needs you"
	}
	return "need you"
}

func (d document) text() (string, error) {
	parsed, err := texttemplate.New("mail.txt.tmpl").
		Funcs(texttemplate.FuncMap{"wrap": wrap, "columns": columns}).ParseFS(templates, "templates/mail.txt.tmpl")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, d)
	return out.String(), err
}

func (d document) html() (string, error) {
	parsed, err := htmltemplate.ParseFS(templates, "templates/mail.html.tmpl")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, d)
	return out.String(), err
}

// wrap breaks a sentence into lines of at most 58 characters, which survive quoting.
func wrap(text string) string {
	const width = 58
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return strings.Join(append(lines, line), "\n")
}

// columns lines a table up for plain text.
func columns(table [][]string) (string, error) {
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range table {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return "", err
		}
	}
	err := w.Flush()
	return out.String(), err
}
