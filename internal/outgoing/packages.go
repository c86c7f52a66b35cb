package outgoing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/outgoing/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// People tells who a person is; api.ErrNotFound.
type People interface {
	Person(ctx context.Context, personID string) (api.PersonDetails, error)
}

// Documents are what is known of documents; api.ErrNotFound.
type Documents interface {
	Document(ctx context.Context, id string) (api.Document, error)
}

// Files are the copies of documents that may leave; api.ErrNotFound, and
// api.ErrUnavailable where they can't be reached.
type Files interface {
	Sanitised(ctx context.Context, documentID string) (io.ReadCloser, error)
}

// Options are what packages need of the world.
type Options struct {
	Vault     *vault.Vault
	Clock     vault.Clock
	People    People
	Documents Documents
	Files     Files
}

// Packages keeps what is to leave; it implements api.Packages and is safe for
// concurrent use.
type Packages struct {
	pool      *pgxpool.Pool
	vault     *vault.Vault
	clock     vault.Clock
	people    People
	documents Documents
	files     Files
}

// New are the packages of a database.
func New(pool *pgxpool.Pool, o Options) *Packages {
	return &Packages{pool: pool, vault: o.Vault, clock: o.Clock, people: o.People, documents: o.Documents, files: o.Files}
}

func (p *Packages) queries() *sqlcgen.Queries { return sqlcgen.New(p.pool) }

// transact runs work in one transaction under the person's fence row.
func (p *Packages) transact(ctx context.Context, personID string, work func(pgx.Tx, *sqlcgen.Queries) error) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		if _, err := q.HoldPerson(ctx, personID); err != nil {
			return err
		}
		return work(tx, q)
	})
}

// errSheetChanged: the data sheet changed while the package was made.
var errSheetChanged = errors.New("the data sheet changed meanwhile")

// prepareAttempts bounds how often a package is made anew because its data
// sheet changed meanwhile.
const prepareAttempts = 3

// Prepare makes a package and keeps it; see api.Packages.
func (p *Packages) Prepare(ctx context.Context, order api.PackageOrder) (api.Package, error) {
	err := errSheetChanged
	for range prepareAttempts {
		var known api.Package
		if known, err = p.Package(ctx, order.ID); err == nil {
			return known, nil
		}
		if !errors.Is(err, api.ErrNotFound) {
			return api.Package{}, err
		}
		if err = p.prepare(ctx, order); !errors.Is(err, errSheetChanged) {
			break
		}
	}
	if err != nil {
		return api.Package{}, store.Failed("prepare package", err)
	}
	return p.Package(ctx, order.ID)
}

func (p *Packages) prepare(ctx context.Context, order api.PackageOrder) error {
	sheet, err := p.DataSheet(ctx, order.PersonID)
	if err != nil {
		return err
	}
	composition, err := p.composition(ctx, order, sheet)
	if err != nil {
		return err
	}
	composed, err := Compose(composition)
	if err != nil {
		return faultOf(err, order)
	}
	return p.transact(ctx, order.PersonID, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		newest, err := newestVersion(ctx, q, order.PersonID)
		if err != nil {
			return err
		}
		if newest != sheet.Version {
			return errSheetChanged
		}
		return p.keep(ctx, tx, order, sheet.Version, composed)
	})
}

// composition gathers what a package is made of.
func (p *Packages) composition(ctx context.Context, order api.PackageOrder, sheet api.DataSheet) (Composition, error) {
	details, err := p.people.Person(ctx, order.PersonID)
	if err != nil {
		return Composition{}, fmt.Errorf("read person: %w", err)
	}
	zone, err := time.LoadLocation(order.Office.Zone)
	if err != nil {
		return Composition{}, fmt.Errorf("read zone of office: %w", err)
	}
	c := Composition{
		PackageID: order.ID, Code: order.Code, Country: order.Country, Pack: order.Pack.ID(),
		PreparedOn: calendar.DateOf(p.clock.Now().In(zone)), FreeText: order.FreeText,
		Office: Party{order.Office.Code, order.Office.Name, order.Office.Address},
		Post:   Party{order.Post.ID, order.Post.Name, order.Post.Address},
	}
	if c.Sheet, err = entries(order, details, sheet); err != nil {
		return Composition{}, err
	}
	for i, id := range order.Documents {
		document, err := p.document(ctx, order, id)
		if err != nil {
			return Composition{}, at(fmt.Sprintf("documents.%d", i), err)
		}
		c.Documents = append(c.Documents, document)
	}
	return c, nil
}

// entries are the fields that the country gets, filled with what is known of
// those that go along. The others stay blank: what is left off tells as much as
// what is said, so no sheet shows that something was.
func entries(order api.PackageOrder, details api.PersonDetails, sheet api.DataSheet) ([]Entry, error) {
	fields, err := order.Pack.SheetFields()
	if err != nil {
		return nil, err
	}
	known := map[string]string{
		"family_name": details.FamilyName, "given_names": details.GivenNames, "birth_date": details.BirthDate.String(),
	}
	var all []Entry
	for _, field := range fields {
		value := sheet.Fields[field.Name]
		switch {
		case order.Fields != nil && !slices.Contains(order.Fields, field.Name):
			value = ""
		case field.OfPerson:
			value = known[field.Name]
		}
		all = append(all, Entry{SheetField: field, Value: value})
	}
	return all, nil
}

// document is one that may go along, or a fault that says why it may not.
func (p *Packages) document(ctx context.Context, order api.PackageOrder, id string) (Document, error) {
	known, err := p.documents.Document(ctx, id)
	elsewhere := known.PersonID != order.PersonID || known.RequestID != "" && known.RequestID != order.RequestID
	switch {
	case errors.Is(err, api.ErrNotFound), err == nil && elsewhere:
		return Document{}, &api.PackageFault{Rule: "is no document of this person or request"}
	case err != nil:
		return Document{}, fmt.Errorf("read document: %w", err)
	case !known.WithdrawnAt.IsZero():
		return Document{}, &api.PackageFault{Rule: "was withdrawn"}
	case slices.Contains(playbook.CriminalRecords(), known.Type) && !order.Pack.MayDisclose(known.Type):
		return Document{}, &api.PackageFault{Rule: "tells of a criminal record, which is not the minimum that the country asks for"}
	}
	return Document{
		ID: id, Type: known.Type, Title: title(order.Pack, known.Type), Listed: order.Pack.Listed(known.Type),
		Open: func() (io.ReadCloser, error) { return p.files.Sanitised(ctx, id) },
	}, nil
}

// title is how the index names a type of document: one that no pack knows tells nothing.
func title(pack playbook.Pack, documentType string) string {
	for _, item := range pack.Checklist {
		if item.ID == documentType {
			return item.Title
		}
	}
	return "Document"
}

// at says to which field a fault belongs.
func at(field string, err error) error {
	var found *api.PackageFault
	if errors.As(err, &found) {
		return &api.PackageFault{Field: field, Rule: found.Rule}
	}
	return err
}

// faultOf names what could not be composed by the field of the order.
func faultOf(err error, order api.PackageOrder) error {
	var unprintable *UnprintableError
	var unreadable *UnreadableError
	switch {
	case errors.As(err, &unprintable) && unprintable.Field == "":
		return &api.PackageFault{Field: "letter", Rule: "holds characters that can't be printed"}
	case errors.As(err, &unprintable):
		return &api.PackageFault{Field: "fields", Rule: unprintable.Field + " holds characters that can't be printed; transliterate them"}
	case errors.As(err, &unreadable):
		return &api.PackageFault{Field: fmt.Sprintf("documents.%d", slices.Index(order.Documents, unreadable.Document)), Rule: "can't be read"}
	default:
		return err
	}
}

// keep writes a package down, with its sealed bytes.
func (p *Packages) keep(ctx context.Context, tx pgx.Tx, order api.PackageOrder, sheet int, c Composed) error {
	q := sqlcgen.New(tx)
	err := q.AddPackage(ctx, sqlcgen.AddPackageParams{
		PackageID: order.ID, RequestID: order.RequestID, PersonID: order.PersonID, Content: string(c.Content), Country: c.Country,
		Post: c.Post, SheetVersion: int32(sheet), Pages: int32(c.Pages), Bytes: int64(c.PDF.Bytes),
		PreparedAt: p.clock.Now().UTC(), PreparedBy: order.PreparedBy,
	})
	if err != nil {
		return err
	}
	for _, item := range c.Items {
		row := sqlcgen.AddItemParams{
			PackageID: order.ID, Position: int32(item.Position), Kind: string(item.Kind), Type: item.Type, Sha256: item.SHA256,
			Pages: int32(item.Pages), OffList: item.NeedsReview,
		}
		if item.Document != "" {
			row.DocumentID = &item.Document
		}
		if err := q.AddItem(ctx, row); err != nil {
			return err
		}
	}
	manifest, err := p.seal(ctx, tx, manifestFile(order.PersonID, order.ID), c.Written)
	if err != nil {
		return err
	}
	pdf, err := p.seal(ctx, tx, pdfFile(order.PersonID, order.ID), c.Bound)
	if err != nil {
		return err
	}
	return q.AddContent(ctx, sqlcgen.AddContentParams{PackageID: order.ID, Manifest: manifest, Pdf: pdf})
}

// The two files of a package are sealed under different names, so that neither
// opens in the other's place.
func manifestFile(person, id string) vault.File {
	return vault.File{PersonID: person, ID: "package-manifest/" + id}
}
func pdfFile(person, id string) vault.File {
	return vault.File{PersonID: person, ID: "package-pdf/" + id}
}

func (p *Packages) seal(ctx context.Context, tx pgx.Tx, file vault.File, plain []byte) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := p.vault.Writer(ctx, tx, file, &sealed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("seal package: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal package: %w", err)
	}
	return sealed.Bytes(), nil
}

func (p *Packages) open(ctx context.Context, file vault.File, sealed []byte) ([]byte, error) {
	r, err := p.vault.Reader(ctx, p.pool, file, bytes.NewReader(sealed))
	if errors.Is(err, vault.ErrNone) || errors.Is(err, vault.ErrDestroyed) {
		return nil, fmt.Errorf("open package: %w", api.ErrNotFound)
	}
	if err != nil {
		return nil, store.Failed("open package", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	return plain, nil
}

// Manifest gives the bytes whose hash is the package's content; api.ErrNotFound.
func (p *Packages) Manifest(ctx context.Context, id string) ([]byte, error) {
	row, err := p.queries().Manifest(ctx, id)
	if err != nil {
		return nil, store.Failed("read manifest", err)
	}
	return p.open(ctx, manifestFile(row.PersonID, id), row.Manifest)
}

// PDF gives exactly the bytes that leave; api.ErrNotFound.
func (p *Packages) PDF(ctx context.Context, id string) ([]byte, error) {
	row, err := p.queries().Content(ctx, id)
	if err != nil {
		return nil, store.Failed("read package", err)
	}
	return p.open(ctx, pdfFile(row.PersonID, id), row.Pdf)
}

// Package reads one; api.ErrNotFound.
func (p *Packages) Package(ctx context.Context, id string) (api.Package, error) {
	return p.one(ctx, sqlcgen.PackagesParams{PackageID: &id})
}

// PackageOf reads the package of a request that has a content; api.ErrNotFound.
func (p *Packages) PackageOf(ctx context.Context, requestID string, content tdr.ContentHash) (api.Package, error) {
	named := string(content)
	return p.one(ctx, sqlcgen.PackagesParams{RequestID: &requestID, Content: &named})
}

func (p *Packages) one(ctx context.Context, which sqlcgen.PackagesParams) (api.Package, error) {
	found, err := p.list(ctx, p.queries(), which)
	if err == nil && len(found) == 0 {
		err = api.ErrNotFound
	}
	if err != nil {
		return api.Package{}, store.Failed("read package", err)
	}
	return found[0], nil
}

// PackagesOf lists the packages of a request, newest first.
func (p *Packages) PackagesOf(ctx context.Context, requestID string) ([]api.Package, error) {
	found, err := p.list(ctx, p.queries(), sqlcgen.PackagesParams{RequestID: &requestID})
	return found, store.Failed("list packages", err)
}

func (p *Packages) list(ctx context.Context, q *sqlcgen.Queries, which sqlcgen.PackagesParams) ([]api.Package, error) {
	rows, err := q.Packages(ctx, which)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids, place := make([]string, len(rows)), map[string]int{}
	packages := make([]api.Package, len(rows))
	for i, row := range rows {
		ids[i], place[row.PackageID] = row.PackageID, i
		packages[i] = api.Package{
			ID: row.PackageID, RequestID: row.RequestID, PersonID: row.PersonID, Content: tdr.ContentHash(row.Content),
			Country: row.Country, Post: row.Post, Pages: int(row.Pages), Bytes: row.Bytes, PreparedAt: row.PreparedAt,
			PreparedBy: row.PreparedBy, Void: row.Void, Undisclosed: int(row.Undisclosed),
		}
	}
	items, err := q.Items(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		of := &packages[place[item.PackageID]]
		of.Items = append(of.Items, itemOf(item))
	}
	return packages, nil
}

func itemOf(row sqlcgen.ItemsRow) api.PackageItem {
	item := api.PackageItem{
		Position: int(row.Position), Kind: row.Kind, Type: row.Type, SHA256: row.Sha256, Pages: int(row.Pages),
		NeedsReview: row.NeedsReview, EnteredBy: row.EnteredBy, Decision: row.Decision, Reason: row.Reason, DecidedBy: row.DecidedBy,
	}
	if row.DocumentID != nil {
		item.DocumentID = *row.DocumentID
	}
	if row.DecidedAt != nil {
		item.DecidedAt = *row.DecidedAt
	}
	return item
}
