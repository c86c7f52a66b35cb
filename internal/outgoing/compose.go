// Package outgoing builds what leaves for a consular post, and keeps it: one
// PDF of cover letter, data sheet, index and documents, and a manifest that
// names every part by its hash. What a reviewer has seen is byte for byte what
// leaves, because both read the stored bytes, and the manifest's hash is the
// content that review, approval and gate speak of.
//
// A package is made from an allow-list of fields and document types (8 CFR
// 208.6; Lin v. DOJ, 459 F.3d 255): there is no way to put another field on a
// data sheet, and whatever is not evidence of identity waits for a second
// person's decision, item by item. The composing half of this package knows no
// database, clock or caller: the same Composition makes the same bytes.
//
// It neither sanitises documents nor hands anything over.
package outgoing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Party is a sender or receiver as the cover letter names it.
type Party struct{ ID, Name, Address string }

// Entry is one printed field of the data sheet; an unknown value is empty.
type Entry struct {
	playbook.SheetField
	Value string
}

// Document is a sanitised document that is to go along.
type Document struct {
	ID     string
	Type   string // an item of the pack's checklist, or another type
	Title  string // of the type, as the index prints it
	Listed bool   // by its type, evidence that needs no review of its disclosure
	Open   func() (io.ReadCloser, error)
}

// Composition is everything that a package is made of.
type Composition struct {
	PackageID  string
	Code       string // public code of the request
	Country    string
	Pack       string // id of the pack version that named the fields
	PreparedOn calendar.Date
	Office     Party
	Post       Party
	Sheet      []Entry
	FreeText   string // written by the preparer; empty: none
	Documents  []Document
}

// Kind says what an item of a package is.
type Kind string

// The kinds of items.
const (
	CoverLetterKind Kind = "cover_letter"
	DataSheetKind   Kind = "data_sheet"
	IndexKind       Kind = "index"
	FreeTextKind    Kind = "free_text"
	DocumentKind    Kind = "document"
)

// Item is a part of a package as the manifest names it.
type Item struct {
	Position int      `json:"position"` // from 1, in the order of the PDF
	Kind     Kind     `json:"kind"`
	Document string   `json:"document,omitempty"` // id of a document
	Type     string   `json:"type,omitempty"`     // of a document
	Fields   []string `json:"fields,omitempty"`   // printed on a data sheet, known or blank
	Pages    int      `json:"pages"`
	SHA256   string   `json:"sha256"` // of the part as it was bound
	// NeedsReview: free text, a data sheet with a value that could be some, orders
	// and notices, and anything off the list; it leaves once a second person has
	// decided to disclose it. It goes by a document's type alone. How we come to send
	// it is no field of the list, so the manifest does not say it.
	NeedsReview bool `json:"-"`

	title string
}

// Manifest names what a package holds. Its bytes are the package's content.
type Manifest struct {
	Version    int           `json:"version"`
	Package    string        `json:"package"`
	Request    string        `json:"request"` // public code
	Country    string        `json:"country"`
	Post       string        `json:"post"`
	Pack       string        `json:"-"` // by which rules it was made stays with us
	PreparedOn calendar.Date `json:"prepared_on"`
	Items      []Item        `json:"items"`
	Pages      int           `json:"pages"`
	PDF        PDF           `json:"pdf"`
}

// PDF names the bound file.
type PDF struct {
	SHA256 string `json:"sha256"`
	Bytes  int    `json:"bytes"`
}

// manifestVersion is raised when the manifest's form changes. Stored ones keep theirs:
// 1 said by which pack a package was made and which items were reviewed.
const manifestVersion = 2

// Composed is a package as it will be stored, reviewed and sent.
type Composed struct {
	Manifest
	Written []byte          // the manifest, as it is stored
	Content tdr.ContentHash // SHA-256 of Written
	Bound   []byte          // the PDF
}

// Compose makes a package. ErrUnprintable and ErrUnreadable name what can't go along.
func Compose(c Composition) (Composed, error) {
	if err := checkText(c); err != nil {
		return Composed{}, err
	}
	var b binding
	b.binder = newBinder()
	if err := b.ours(CoverLetterKind, coverLetter, c); err != nil {
		return Composed{}, err
	}
	if err := b.ours(DataSheetKind, dataSheet, c); err != nil {
		return Composed{}, err
	}
	before := len(b.parts)
	if c.FreeText != "" {
		if err := b.ours(FreeTextKind, freeText, c); err != nil {
			return Composed{}, err
		}
	}
	for _, document := range c.Documents {
		if err := b.document(document); err != nil {
			return Composed{}, err
		}
	}
	if err := b.index(before, c); err != nil {
		return Composed{}, err
	}
	return b.composed(c)
}

// binding is a package in the making: each part with its pages.
type binding struct {
	*binder
	parts []part
}

type part struct {
	Item
	pages types.Array
}

// ours writes a part of ours and binds it.
func (b *binding) ours(kind Kind, write func(Composition) ([]byte, error), c Composition) error {
	raw, err := write(c)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	item := Item{Kind: kind, NeedsReview: kind == FreeTextKind, title: titles()[kind]}
	if kind == DataSheetKind {
		for _, entry := range c.Sheet {
			item.Fields = append(item.Fields, entry.Name)
			item.NeedsReview = item.NeedsReview || !entry.Form.Takes(entry.Value)
		}
	}
	return b.bound(item, raw)
}

// titles are how the index names parts of ours.
func titles() map[Kind]string { return map[Kind]string{FreeTextKind: "Letter"} }

func (b *binding) document(d Document) error {
	source, err := d.Open()
	if err != nil {
		return fmt.Errorf("open document: %w", err)
	}
	defer source.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(source)
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	return b.bound(Item{Kind: DocumentKind, Document: d.ID, Type: d.Type, NeedsReview: !d.Listed, title: d.Title}, raw)
}

func (b *binding) bound(item Item, raw []byte) error {
	pages, err := b.add(bytes.NewReader(raw))
	if err != nil {
		return &UnreadableError{Document: item.Document}
	}
	item.Pages, item.SHA256 = len(pages), digest(raw)
	b.parts = append(b.parts, part{item, pages})
	return nil
}

// index puts the index in its place: in front of what it lists, though it is
// written once their pages are known.
func (b *binding) index(place int, c Composition) error {
	listed := b.parts[place:]
	write := func(c Composition) ([]byte, error) { return index(c, listed) }
	if err := b.ours(IndexKind, write, c); err != nil {
		return err
	}
	last := len(b.parts) - 1
	b.parts = slices.Insert(b.parts[:last], place, b.parts[last])
	return nil
}

// composed closes the PDF and writes the manifest.
func (b *binding) composed(c Composition) (Composed, error) {
	done := Composed{Manifest: Manifest{
		Version: manifestVersion, Package: c.PackageID, Request: c.Code, Country: c.Country, Post: c.Post.ID, Pack: c.Pack,
		PreparedOn: c.PreparedOn,
	}}
	var order types.Array
	for i, part := range b.parts {
		part.Position = i + 1
		done.Items = append(done.Items, part.Item)
		done.Pages += part.Pages
		order = append(order, part.pages...)
	}
	done.Bound = b.bind(order)
	done.PDF = PDF{SHA256: digest(done.Bound), Bytes: len(done.Bound)}
	var err error
	if done.Written, err = json.MarshalIndent(done.Manifest, "", "  "); err != nil {
		return Composed{}, fmt.Errorf("write manifest: %w", err)
	}
	done.Content = tdr.ContentHash(digest(done.Written))
	return done, nil
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// UnprintableError: a field or the letter holds characters that the package
// can't print; they are to be transliterated.
type UnprintableError struct{ Field string } // empty: the letter

// Error says so in one line.
func (e *UnprintableError) Error() string { return "not printable: " + e.Field }

// UnreadableError: a document is no PDF whose pages can be copied.
type UnreadableError struct{ Document string }

// Error says so in one line.
func (e *UnreadableError) Error() string { return "not a readable PDF: " + e.Document }

func checkText(c Composition) error {
	for _, entry := range c.Sheet {
		if !Printable(entry.Value) {
			return &UnprintableError{Field: entry.Name}
		}
	}
	if !Printable(c.FreeText) {
		return &UnprintableError{}
	}
	return nil
}
