package retention_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/retention"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// closing is when requests of these tests close.
var closing = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

// world is a database, a vault, a folder of documents, and a keeper of them.
type world struct {
	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock
	vault  *vault.Vault
	folder *documents.Folder
	keeper *retention.Keeper
	holds  *retention.LegalHolds
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, pool: storetest.New(t), clock: &clock{closing}}
	w.vault = storetest.Vault(t, w.pool, w.clock)
	var err error
	if w.folder, err = documents.OpenFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	w.keeper = w.with(documents.NewShelf(w.pool, w.folder))
	w.holds = retention.NewLegalHolds(w.pool, w.clock)
	return w
}

func (w *world) with(shelves ...retention.Shelf) *retention.Keeper {
	periods, err := retention.ParsePeriods("75, refused=10")
	w.must(err)
	return retention.NewKeeper(retention.Config{Pool: w.pool, Vault: w.vault, Shelves: shelves, Clock: w.clock, Periods: periods})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, arguments ...any) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), query, arguments...)
	w.must(err)
}

// person is somebody with a name, a number and a sealed file.
func (w *world) person(name, number string) string {
	w.t.Helper()
	ctx, id := w.t.Context(), uuid.NewString()
	w.exec(`INSERT INTO persons (person_id, created_at) VALUES ($1, $2)`, id, closing)
	w.must(pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		return errors.Join(
			w.vault.Put(ctx, tx, vault.Field{PersonID: id, Row: id, Column: "person_details.family_name"}, name),
			w.vault.Enter(ctx, tx, id, number))
	}))
	return id
}

// request adds a request of a person, closed with an outcome, or live without.
func (w *world) request(personID, country, outcome string) {
	w.t.Helper()
	var closed *time.Time
	if outcome != "" {
		closed = &closing
	}
	w.exec(`INSERT INTO requests (request_id, code, person_id, country, post, field_office, officer, pack_version, pack_hash, stage, stage_since,
		opened_at, closed_at, outcome, live) VALUES ($1, $2, $3, $4, 'post', 'BOS', 'officer1', 1, '', 'closed', $5, $5, $6, $7, $8)`,
		uuid.NewString(), uuid.NewString()[:9], personID, country, closing.AddDate(-1, 0, 0), closed, outcome, outcome == "")
}

// file keeps a sealed file as a document of a person; it is all three of the document's.
func (w *world) file(personID string) (ids [3]string) {
	w.t.Helper()
	ctx := w.t.Context()
	for i := range ids {
		ids[i] = uuid.NewString()
		blob, err := w.folder.Create(ids[i])
		w.must(err)
		w.must(pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			writer, err := w.vault.Writer(ctx, tx, vault.File{PersonID: personID, ID: ids[i]}, blob)
			if err != nil {
				return err
			}
			_, err = io.WriteString(writer, "born in an invented town")
			return errors.Join(err, writer.Close(), blob.Commit())
		}))
	}
	w.exec(`INSERT INTO documents (document_id, person_id, type, media_type, pages, dropped, original_file, original_bytes, original_sha256,
		sanitised_file, sanitised_bytes, sanitised_sha256, text_file, uploaded_by, uploaded_at)
		VALUES ($1, $2, 'other', 'application/pdf', 1, 0, $3, 1, $6, $4, 1, $6, $5, 'officer1', $7)`,
		uuid.NewString(), personID, ids[0], ids[1], ids[2], make([]byte, 32), closing)
	return ids
}

// pack keeps a package of the person's one request.
func (w *world) pack(personID string) {
	w.t.Helper()
	id := uuid.NewString()
	w.exec(`INSERT INTO outgoing_packages (package_id, request_id, person_id, content, country, post, sheet_version, pages, bytes, prepared_at, prepared_by)
		SELECT $1, request_id, person_id, 'content', country, post, 0, 1, 1, $3, 'officer1' FROM requests WHERE person_id = $2`, id, personID, closing)
	w.exec(`INSERT INTO package_contents (package_id, manifest, pdf) VALUES ($1, 'sealed', 'sealed')`, id)
}

func (w *world) packed(personID string) (contents int) {
	w.t.Helper()
	w.must(w.pool.QueryRow(w.t.Context(),
		`SELECT count(*) FROM package_contents JOIN outgoing_packages USING (package_id) WHERE person_id = $1`, personID).Scan(&contents))
	return contents
}

func (w *world) due() []string {
	w.t.Helper()
	found, err := w.keeper.Due(w.t.Context())
	w.must(err)
	var ids []string
	for _, each := range found {
		ids = append(ids, each.PersonID)
	}
	return ids
}

func (w *world) destroy(keeper *retention.Keeper) (done []string, err error) {
	err = keeper.Destroy(w.t.Context(), "admin1", func(id string) { done = append(done, id) })
	return done, err
}

func (w *world) name(personID string) (string, error) {
	values, err := w.vault.Row(w.t.Context(), w.pool, personID)
	return values["person_details.family_name"], err
}

// years moves the clock to so many years after the closing, and a day.
func (w *world) years(n int) { w.clock.now = closing.AddDate(n, 0, 1) }

func TestWhoIsDue(t *testing.T) {
	w := newWorld(t)
	refused, travelled := w.person("Refused-Example", "A100000001"), w.person("Travelled-Example", "A100000002")
	both, live := w.person("Both-Example", "A100000003"), w.person("Live-Example", "A100000004")
	held, detained := w.person("Held-Example", "A100000005"), w.person("Detained-Example", "A100000006")
	w.person("Nothing-Example", "A100000007")
	for _, id := range []string{refused, both, live, held, detained} {
		w.request(id, "GHA", "refused")
	}
	w.request(travelled, "GHA", "travelled")
	w.request(both, "HND", "travelled")
	w.request(live, "HND", "")
	w.exec(`INSERT INTO custody_clocks (person_id, office, rules, detained, clock, derived_at) VALUES ($1, 'BOS', 1, true, '{}', $2)`, detained, closing)
	_, err := w.holds.Place(t.Context(), api.LegalHoldPlacing{CommandID: uuid.NewString(), PersonID: held, Matter: "2026-EXAMPLE-1", By: "counsel1"})
	w.must(err)
	for _, each := range []struct {
		years int
		want  []string
	}{{9, nil}, {10, []string{refused}}, {74, []string{refused}}, {75, []string{refused, travelled, both}}} {
		w.years(each.years)
		got := w.due()
		slices.Sort(got)
		slices.Sort(each.want)
		if !slices.Equal(got, each.want) {
			t.Errorf("after %d years %v are due, want %v", each.years, got, each.want)
		}
	}
}

// What protects a person goes on protecting them when all requests are long closed:
// a hold on any record of theirs, until it is lifted, and that counsel found a citizen.
func TestWhoIsProtectedIsKept(t *testing.T) {
	w := newWorld(t)
	held, other, citizen := w.person("Held-Example", "A100000005"), w.person("Other-Example", "A100000006"), w.person("Citizen-Example", "A100000007")
	was := w.person("Was-Example", "A100000008")
	for _, id := range []string{held, other, citizen, was} {
		w.request(id, "GHA", "refused")
	}
	w.exec(`INSERT INTO person_merges (merge_id, survivor, merged, reason, source_sha256, merged_by, merged_at)
		VALUES ($1, $2, $3, 'same_fingerprints', '', 'counsel1', $4)`, uuid.NewString(), held, other, closing)
	claim := func(id string, findings ...string) string {
		hold := uuid.NewString()
		w.exec(`INSERT INTO holds (hold_id, person_id, scope, kind, authority, source_sha256, dated, placed_by, placed_at, fence)
			VALUES ($1, $2, 'person', 'citizenship_claim', 'counsel', 'hash', '2026-03-02', 'officer1', $3, 2)`, hold, id, closing)
		for _, found := range findings {
			w.exec(`INSERT INTO citizenship_entries (entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at)
				VALUES ($1, $2, $3, $4, 'hash', 'counsel1', $5)`, uuid.NewString(), id, found, hold, closing)
		}
		return hold
	}
	lift := func(hold string) {
		w.exec("UPDATE holds SET lifted_at = $2, lifted_by = 'counsel1', lift_reason = 'resolved' WHERE hold_id = $1", hold, closing)
	}
	standing := claim(held)
	lift(claim(citizen, "claimed", "citizen", "claimed"))
	lift(claim(was, "claimed", "citizen", "not_upheld", "claimed"))
	w.years(10)
	if done, err := w.destroy(w.keeper); err != nil || !slices.Equal(done, []string{was}) {
		t.Errorf("destroyed %v, %v; want %s alone", done, err, was)
	}
	lift(standing)
	if done, err := w.destroy(w.keeper); err != nil || len(done) != 2 || slices.Contains(done, citizen) {
		t.Errorf("once the hold is lifted %v are destroyed, %v", done, err)
	}
}

func TestWhatADestructionLeaves(t *testing.T) {
	w := newWorld(t)
	gone, other := w.person("Gone-Example", "A100000001"), w.person("Other-Example", "A100000002")
	w.request(gone, "GHA", "refused")
	w.request(other, "GHA", "travelled")
	files, kept := w.file(gone), w.file(other)
	w.pack(gone)
	w.pack(other)
	w.years(20)
	done, err := w.destroy(w.keeper)
	w.must(err)
	if !slices.Equal(done, []string{gone}) {
		t.Fatalf("%v were destroyed", done)
	}
	if _, err := w.name(gone); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the name: %v", err)
	}
	if _, err := w.vault.Find(t.Context(), w.pool, "A100000001"); !errors.Is(err, vault.ErrNone) {
		t.Errorf("the number: %v", err)
	}
	left, err := w.folder.IDs()
	w.must(err)
	for _, id := range files {
		if slices.Contains(left, id) {
			t.Error("a sealed file is still there")
		}
	}
	name, err := w.name(other)
	if err != nil || name != "Other-Example" || len(left) != len(kept) {
		t.Errorf("the other person has the name %q and %d files: %v", name, len(left), err)
	}
	if of, others := w.packed(gone), w.packed(other); of != 0 || others != 1 {
		t.Errorf("%d packages of the person are left, and %d of the other", of, others)
	}
	var requests, rows int
	w.must(w.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM documents)`).Scan(&requests, &rows))
	if requests != 2 || rows != 2 {
		t.Errorf("%d requests and %d documents are on record", requests, rows)
	}
	var noted int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE actor = 'admin1' AND action = 'person.destroy' AND object = 'person/' || $1`, gone).Scan(&noted))
	if noted != 1 {
		t.Errorf("the audit log tells of it %d times", noted)
	}
	if done, err := w.destroy(w.keeper); err != nil || len(done) > 0 {
		t.Errorf("the second time: %v %v", done, err)
	}
	_, err = w.holds.Place(t.Context(), api.LegalHoldPlacing{CommandID: uuid.NewString(), PersonID: gone, Matter: "late", By: "counsel1"})
	if !errors.Is(err, api.ErrNotFound) {
		t.Errorf("a legal hold comes too late and is answered %v", err)
	}
}

// broken is a shelf that fails.
type broken struct{}

func (broken) Clear(context.Context, string) error { return errors.New("the folder is away") }

// TestAnInterruptedDestructionIsCarriedOn: the key goes first, and for good, and
// packages with it; the files follow when their folder is back.
func TestAnInterruptedDestructionIsCarriedOn(t *testing.T) {
	w := newWorld(t)
	gone := w.person("Gone-Example", "A100000001")
	w.request(gone, "GHA", "refused")
	w.pack(gone)
	files := w.file(gone)
	sealed, err := w.folder.Open(files[0])
	w.must(err)
	content, err := io.ReadAll(sealed)
	w.must(errors.Join(err, sealed.Close()))
	w.years(20)
	if done, err := w.destroy(w.with(broken{})); err == nil || len(done) > 0 {
		t.Fatalf("with the folder away: %v %v", done, err)
	}
	if n := w.packed(gone); n != 0 {
		t.Errorf("%d packages outlive the key", n)
	}
	_, err = w.vault.Reader(t.Context(), w.pool, vault.File{PersonID: gone, ID: files[0]}, bytes.NewReader(content))
	if !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the file that is left: %v", err)
	}
	done, err := w.destroy(w.keeper)
	if left, faults := w.folder.IDs(); err != nil || faults != nil || !slices.Equal(done, []string{gone}) || len(left) > 0 {
		t.Errorf("carried on: %v, %d files left, %v %v", done, len(left), err, faults)
	}
}

// What was written while two records were one may lie under the key of either: so
// both are kept while one is, and for as long as a legal hold is on either, even
// after they were split.
func TestRecordsThatWereEverOneAreDueTogether(t *testing.T) {
	w := newWorld(t)
	short, long := w.person("Short-Example", "A200000001"), w.person("Long-Example", "A200000002")
	apart := w.person("Apart-Example", "A200000003")
	w.request(short, "GHA", "refused")
	w.request(long, "TGO", "travelled")
	w.request(apart, "GHA", "refused")
	w.exec(`INSERT INTO person_merges (merge_id, survivor, merged, reason, source_sha256, merged_by, merged_at, undone_with, undone_by, undone_at, undone_reason, undone_source_sha256)
		VALUES ($1, $2, $3, 'same_fingerprints', '', 'counsel1', $4, $1, 'counsel1', $4, 'other_fingerprints', '')`, uuid.NewString(), long, short, closing)
	kept := w.file(long)
	w.years(10)
	if got := w.due(); !slices.Equal(got, []string{apart}) {
		t.Errorf("while one is kept %v are due", got)
	}
	if done, err := w.destroy(w.keeper); err != nil || !slices.Equal(done, []string{apart}) {
		t.Errorf("destroyed %v, %v", done, err)
	}
	if name, err := w.name(short); err != nil || name != "Short-Example" {
		t.Errorf("%q, %v", name, err)
	}
	placing := api.LegalHoldPlacing{CommandID: uuid.NewString(), PersonID: short, Matter: "2026-EXAMPLE-1", By: "counsel1"}
	_, err := w.holds.Place(t.Context(), placing)
	w.must(err)
	w.years(75)
	if got := w.due(); len(got) != 0 {
		t.Errorf("under a legal hold on one %v are due", got)
	}
	placing.CommandID = uuid.NewString()
	_, err = w.holds.Lift(t.Context(), placing)
	w.must(err)
	if done, err := w.destroy(w.keeper); err != nil || len(done) != 2 || !slices.Contains(done, short) || !slices.Contains(done, long) {
		t.Errorf("once all are due %v are destroyed, %v", done, err)
	}
	ids, err := w.folder.IDs()
	w.must(err)
	for _, id := range kept {
		if slices.Contains(ids, id) {
			t.Error("a file of a destroyed record is there")
		}
	}
}
