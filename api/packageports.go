package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// PackageOrder asks for a package of a request.
type PackageOrder struct {
	ID         string // command id; becomes the package's
	RequestID  string
	PersonID   string
	Code       string
	Country    string
	Pack       playbook.Pack // names the fields that the country gets
	Office     directory.Office
	Post       directory.Post
	Documents  []string // ids, in order
	Fields     []string // fewer than the pack names; nil: all of them
	FreeText   string   // personal
	PreparedBy string
}

// PackageFault says what of a package order can't be served.
type PackageFault struct{ Field, Rule string }

// Error names the field.
func (e *PackageFault) Error() string { return e.Field + ": " + e.Rule }

// Why a package may not leave any more.
const (
	PackageReplaced         = "replaced"           // a newer one was prepared
	PackagePersonChanged    = "person_changed"     // another data sheet, or another person
	PackagePostChanged      = "post_changed"       // the request goes elsewhere
	PackageDocumentWithdrew = "document_withdrawn" // of a document in it
)

// The decisions upon an item that waits for a second person.
const (
	Disclose = "disclose"
	Withhold = "withhold"
)

// PackageItem is a part of a package.
type PackageItem struct {
	Position    int
	Kind        string // cover_letter, data_sheet, index, free_text, document
	DocumentID  string
	Type        string // of a document
	SHA256      string
	Pages       int
	NeedsReview bool
	EnteredBy   string // who uploaded the document, or wrote this version of the data sheet
	Decision    string // Disclose, Withhold or empty
	Reason      string // a code
	DecidedBy   string
	DecidedAt   time.Time
}

// Package is what would leave for a post, byte for byte.
type Package struct {
	ID          string
	RequestID   string
	PersonID    string
	Content     tdr.ContentHash // SHA-256 of the manifest
	Country     string
	Post        string
	Pages       int
	Bytes       int64
	PreparedAt  time.Time
	PreparedBy  string
	Void        string // why it may not leave any more; empty while it may
	Undisclosed int    // items that wait for a decision, or were withheld
	Items       []PackageItem
}

// DisclosureReview is a second person's decisions upon a package, all kept or none.
type DisclosureReview struct {
	CommandID string
	PackageID string
	By        string
	Decisions []Disclosure
}

// Disclosure is the decision upon one item.
type Disclosure struct {
	Position int
	Decision string
	Reason   string // a code; a withheld item has one
}

// DataSheet is what a data sheet says of a person beside their record.
type DataSheet struct {
	ID       string // command id
	PersonID string
	Version  int               // 0: none was entered
	Fields   map[string]string // personal; those that are known, by name
	SetAt    time.Time
	SetBy    string
}

// Names of the fields that are known, sorted; not nil when none is.
func (s DataSheet) Names() []string {
	names := slices.AppendSeq([]string{}, maps.Keys(s.Fields))
	slices.Sort(names)
	return names
}

// Packages makes what leaves and keeps it. What is kept never changes.
type Packages interface {
	// Prepare makes a package and keeps it under the person's fence row; what was
	// prepared before is void. The same id is prepared once. *PackageFault says what
	// can't go along.
	Prepare(ctx context.Context, order PackageOrder) (Package, error)
	// Package reads one; ErrNotFound.
	Package(ctx context.Context, id string) (Package, error)
	// PackageOf reads the package of a request that has a content; ErrNotFound.
	PackageOf(ctx context.Context, requestID string, content tdr.ContentHash) (Package, error)
	// PackagesOf lists those of a request, newest first.
	PackagesOf(ctx context.Context, requestID string) ([]Package, error)
	// Manifest and PDF give the stored bytes; ErrNotFound.
	Manifest(ctx context.Context, id string) ([]byte, error)
	PDF(ctx context.Context, id string) ([]byte, error)
	// Review keeps decisions. *PackageFault when the package is void, or an item
	// needs none or was decided upon before.
	Review(ctx context.Context, review DisclosureReview) (Package, error)
	// DataSheet reads the newest of a person; Version 0 when there is none.
	DataSheet(ctx context.Context, personID string) (DataSheet, error)
	// SetDataSheet keeps another one, which makes the person's packages void.
	SetDataSheet(ctx context.Context, sheet DataSheet) (DataSheet, error)
}
