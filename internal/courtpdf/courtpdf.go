// Package courtpdf prints the contact history of a request for a court: what
// happened, what was expected and what is to come in parts of their own, and
// every correction beneath what it corrects. The same history gives the same
// bytes. The fonts of every PDF reader know Latin letters alone: any other
// stands as its code point, and as itself in the JSON form.
package courtpdf

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Printer implements api.HistoryPrinter.
type Printer struct{}

// Measures of a page, in millimetres.
const (
	lineHeight = 4.5
	indent     = 8.0
)

// PDF prints a history.
func (Printer) PDF(history api.ContactHistory) ([]byte, error) {
	p := &page{pdf: fpdf.New("P", "mm", "Letter", "")}
	p.pdf.SetCreationDate(history.AsOf)
	p.pdf.SetModificationDate(history.AsOf)
	p.pdf.SetCatalogSort(true)
	p.pdf.SetFooterFunc(func() {
		p.pdf.SetY(-12)
		p.font("", 8)
		p.pdf.CellFormat(0, lineHeight, fmt.Sprintf("%s, page %d", history.Request.Code, p.pdf.PageNo()), "", 0, "C", false, 0, "")
	})
	p.pdf.AddPage()
	p.head(history)
	p.part("Facts: what happened", history.Facts)
	p.part("Forecasts: what was expected, and is no fact", history.Forecasts)
	p.dispatches(history.Dispatches)
	p.dates(history.Dates)
	var out bytes.Buffer
	if err := p.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("print contact history: %w", err)
	}
	return out.Bytes(), nil
}

type page struct{ pdf *fpdf.Fpdf }

func (p *page) font(style string, size float64) { p.pdf.SetFont("Helvetica", style, size) }

func (p *page) text(format string, values ...any) {
	p.pdf.MultiCell(0, lineHeight, latin(fmt.Sprintf(format, values...)), "", "L", false)
}

func (p *page) head(history api.ContactHistory) {
	r := history.Request
	p.font("B", 15)
	p.text("Contact history of travel document request %s", r.Code)
	p.font("", 9)
	p.text("Country %s, post %s, office %s. Opened %s. Stage %s.", r.Country, r.Post, r.FieldOffice, moment(r.OpenedAt), r.Stage)
	p.text("As of %s. All times are UTC. The JSON form holds the same.", moment(history.AsOf))
}

// title begins a part, and says so where there is nothing in it.
func (p *page) title(name string, entries int) {
	p.pdf.Ln(lineHeight)
	p.font("B", 12)
	p.text("%s", name)
	p.font("", 9)
	if entries == 0 {
		p.text("None on record.")
	}
}

func (p *page) part(name string, entries []api.HistoryEntry) {
	p.title(name, len(entries))
	left, _, _, _ := p.pdf.GetMargins()
	for _, entry := range entries {
		p.event("", entry.Event)
		if entry.Text != "" {
			p.text("Written with it: %s", entry.Text)
		}
		p.pdf.SetLeftMargin(left + indent)
		p.pdf.SetX(left + indent)
		for _, correction := range entry.Corrections {
			p.event("Correction of "+fmt.Sprint(entry.Event.Seq)+": ", correction)
		}
		p.pdf.SetLeftMargin(left)
		p.pdf.SetX(left)
	}
}

func (p *page) event(before string, event tdr.Event) {
	p.font("B", 9)
	p.text("%s%d  %s  %s", before, event.Seq, moment(event.OccurredAt), words(event.Fact.Type()))
	p.font("", 9)
	p.text("Recorded %s by %s", moment(event.RecordedAt), event.Actor.ID)
	fields, more, err := fieldsOf(event.Fact)
	if err != nil {
		p.pdf.SetError(err)
	}
	for _, each := range fields {
		p.text("%s: %s", each.label, each.value)
	}
	if more {
		p.text("The working calendars and the country's terms that were written down with it are in the JSON form.")
	}
}

func (p *page) dispatches(dispatches []api.Dispatch) {
	p.title("What left for the post, and its way", len(dispatches))
	for _, d := range dispatches {
		p.font("B", 9)
		p.text("%s  %s, by %s to %s", moment(d.AuthorisedAt), d.Kind, d.Channel, d.Post)
		p.font("", 9)
		p.text("Dispatch %s %s, authorised by %s, now %s.", d.ID, carried(d.Content), d.AuthorisedBy, d.Status)
		p.step(d.SentAt, "let go")
		p.step(d.StoppedAt, "stopped: it has certainly not left")
		p.step(d.HandedOverAt, "handed over by %s to courier %s, tracking number %s", d.HandedOverBy, d.Courier, d.Tracking)
		p.step(d.SubmittedAt, "entered by %s in the system %s, number %s", d.SubmittedBy, d.System, d.Number)
		p.step(d.DeliveredAt, "delivered, proved by document %s", d.ProofDocument)
		if d.Content == "" {
			p.step(d.RecalledAt, "over: nothing of a question lies with the post")
			continue
		}
		p.step(d.RecalledAt, "asked back")
		p.step(d.RecallClosedAt, "recall closed as %s, confirmed by %s, document %s", d.RecallConfirmedAs, d.RecallConfirmedBy, d.RecallDocument)
	}
}

// carried says what a dispatch was of; a question carries nothing.
func carried(content tdr.ContentHash) string {
	if content == "" {
		return "of a question"
	}
	return "of content " + string(content)
}

// step prints what has happened to a dispatch, if it has.
func (p *page) step(at time.Time, format string, values ...any) {
	if !at.IsZero() {
		p.text("%s  %s", moment(at), fmt.Sprintf(format, values...))
	}
}

func (p *page) dates(dates []api.DeadlineView) {
	p.title("Dates to come or missed", len(dates))
	for _, date := range dates {
		due := "suspended"
		if !date.Suspended {
			due = moment(date.DueAt)
		}
		p.text("%s  %s", due, date.Kind)
	}
}

func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }

// latin writes text in the one encoding that the fonts have.
func latin(text string) string {
	var out strings.Builder
	for _, letter := range text {
		switch {
		case letter == '\n' || letter >= 0x20 && letter < 0x7f || letter >= 0xa0 && letter <= 0xff:
			out.WriteByte(byte(letter))
		default:
			fmt.Fprintf(&out, "[U+%04X]", letter)
		}
	}
	return out.String()
}
