package outgoing

import (
	"bytes"
	_ "embed" // the font of names
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
)

// namesFont prints names in every script that the machine-readable zone's
// transliterations start from, but Han and those that need shaping.
//
//go:embed fonts/DejaVuSansCondensed.ttf
var namesFont []byte

// lastPrinted: behind it come scripts and symbols that the font does not hold.
const lastPrinted = 0x218f

// Printable tells whether the font of names holds every character of a text.
// Others are to be transliterated (ICAO Doc 9303, part 3, section 6).
func Printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		control := r < ' ' && r != '\n'
		return control || r > lastPrinted || !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Common)
	})
}

// Measures of a page, in millimetres.
const (
	margin    = 25
	textWidth = 215.9 - 2*margin // of US Letter
	line      = 6
	labels    = 60 // column of field titles
)

// page is a document of ours. It stands uncompressed, so that what is printed
// can be looked for, in a font that every reader has; what that does not hold is
// in the font of names, which takes longer to embed than all the rest to write.
type page struct {
	*fpdf.Fpdf
	named bool // the font of names is embedded
}

func newPage(title string) *page {
	p := &page{Fpdf: fpdf.New("P", "mm", "Letter", "")}
	p.SetCompression(false)
	p.SetCatalogSort(true)
	p.SetCreationDate(time.Unix(0, 0).UTC())
	p.SetModificationDate(time.Unix(0, 0).UTC())
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin)
	p.AddPage()
	p.SetFont("Helvetica", "B", 14)
	p.MultiCell(textWidth, line+2, title, "", "L", false)
	p.Ln(line)
	return p
}

// lines prints text in a font that holds it, broken to a width.
func (p *page) lines(width float64, text, border string) {
	plain, fits := latin(text)
	switch {
	case fits:
		text = plain
		p.SetFont("Helvetica", "", 10)
	case !p.named:
		p.AddUTF8FontFromBytes("names", "", namesFont)
		p.named = true
		fallthrough
	default:
		p.SetFont("names", "", 10)
	}
	p.MultiCell(width, line, text, border, "L", false)
}

// latin is text in the encoding of the fonts that every reader has, if it fits.
func latin(text string) (encoded string, fits bool) {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff || r > 0x7e && r < 0xa0 {
			return "", false
		}
		raw = append(raw, byte(r))
	}
	return string(raw), true
}

// text prints a paragraph.
func (p *page) text(text string) { p.lines(textWidth, text, "") }

// row prints a title and what somebody entered beside it.
func (p *page) row(title, value string) {
	p.SetFont("Helvetica", "", 10)
	p.CellFormat(labels, line, title, "", 0, "L", false, 0, "")
	p.lines(textWidth-labels, value, "B")
}

// done gives the bytes.
func (p *page) done() ([]byte, error) {
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("write pages: %w", err)
	}
	return out.Bytes(), nil
}

// coverLetter is the same for every request but for addresses, reference and
// date: what it said or left out would let something be inferred (Lin v. DOJ,
// 459 F.3d 255 (2d Cir. 2006)).
func coverLetter(c Composition) ([]byte, error) {
	p := newPage("Request for a travel document")
	p.row("To", c.Post.Name+"\n"+c.Post.Address)
	p.row("From", c.Office.Name+"\n"+c.Office.Address)
	p.text("Reference: " + c.Code)
	p.text("Date: " + c.PreparedOn.String())
	p.Ln(line)
	p.text("To the consular section:")
	p.Ln(line)
	p.text("We ask you to verify the nationality of the person whom the enclosed data sheet describes, and to issue a document for travel to your country.")
	p.Ln(line)
	p.text("Enclosed are the data sheet and the documents that the index lists. Please quote the reference in every answer and do not copy this request to anyone who does not decide on it.")
	return p.done()
}

// dataSheet prints every field that the country gets; what is not known stays blank.
func dataSheet(c Composition) ([]byte, error) {
	p := newPage("Data sheet")
	p.text("Reference: " + c.Code)
	p.Ln(line)
	for _, field := range c.Sheet {
		p.row(field.Title, field.Value)
	}
	return p.done()
}

func freeText(c Composition) ([]byte, error) {
	p := newPage("Letter")
	p.text("Reference: " + c.Code)
	p.Ln(line)
	p.text(c.FreeText)
	return p.done()
}

// index lists what the package holds behind it.
func index(c Composition, parts []part) ([]byte, error) {
	p := newPage("Index")
	p.text("Reference: " + c.Code)
	p.Ln(line)
	p.row("Document", "Pages")
	for _, part := range parts {
		p.row(part.title, strconv.Itoa(part.Pages))
	}
	return p.done()
}
