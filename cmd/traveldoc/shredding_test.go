package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// archive is a database with its audit log, on which commands are given.
type archive struct {
	t           *testing.T
	environment map[string]string
	pool        *pgxpool.Pool
	vault       *vault.Vault
	sequencer   *audit.Sequencer
	verifier    note.Verifier
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	folder := t.TempDir()
	key := filepath.Join(folder, "audit.key")
	public, err := audit.CreateKey(key)
	a := &archive{t: t, environment: map[string]string{
		"DATABASE_URL": storetest.URL(t), "TRAVELDOC_MASTER_KEYS": "file://" + filepath.Join(folder, "master.json"),
		"TRAVELDOC_DOCUMENTS": filepath.Join(folder, "documents"), "TRAVELDOC_AUDIT_FOLDER": filepath.Join(folder, "audit"),
		"TRAVELDOC_AUDIT_VERIFIER": public, "TRAVELDOC_AUDIT_KEY_FILE": key,
	}}
	a.must(err)
	a.call("keys", "create", a.environment["TRAVELDOC_MASTER_KEYS"])
	a.call("migrate")
	a.pool, err = store.Connect(t.Context(), a.environment["DATABASE_URL"])
	a.must(err)
	t.Cleanup(a.pool.Close)
	masters, err := vault.OpenMasters(t.Context(), []string{a.environment["TRAVELDOC_MASTER_KEYS"]})
	a.must(err)
	a.vault = vault.New(a.pool, masters, serve.SystemClock{})
	a.verifier, err = note.NewVerifier(public)
	a.must(err)
	a.sequencer, err = audit.NewSequencer(storetest.Owner(t, a.pool), audit.KeyFile(key), audit.Folder(a.environment["TRAVELDOC_AUDIT_FOLDER"]),
		serve.SystemClock{}.Now, slog.New(slog.DiscardHandler))
	a.must(err)
	a.employ(directory.Auditor, directory.Officer, directory.Admin)
	return a
}

// employ puts one person of each role into the directory: auditor1, officer1 and so on.
func (a *archive) employ(roles ...directory.Role) {
	a.t.Helper()
	week, err := directory.ParseWeek("Mon-Fri 08:00-17:00")
	a.must(err)
	var people []directory.Person
	for _, role := range roles {
		id := string(role) + "1"
		people = append(people, directory.Person{
			ID: id, Name: "Invented " + id, Email: id + "@example.com", Roles: []directory.Role{role},
			Offices: []string{directory.Everywhere}, Zone: "UTC", Hours: week,
		})
	}
	a.must(store.NewPeople(a.pool, serve.SystemClock{}).Load(a.t.Context(), directory.Data{People: people}))
}

func (a *archive) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// call gives a command that must succeed.
func (a *archive) call(args ...string) string {
	a.t.Helper()
	out, err := call(a.t, a.environment, args...)
	if err != nil {
		a.t.Fatalf("traveldoc %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

const familyName = "person_details.family_name"

// person is somebody whose one request was closed eighty years ago.
func (a *archive) person(name string) string {
	a.t.Helper()
	ctx, id, closed := a.t.Context(), uuid.NewString(), serve.SystemClock{}.Now().AddDate(-80, 0, 0)
	a.must(pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO persons (person_id, created_at) VALUES ($1, $2)`, id, closed)
		return errors.Join(err, store.Keep(ctx, tx, a.vault, store.Kept{
			PersonID: id, Row: id, By: "officer1", At: closed,
			Values: map[string]string{familyName: name, "person_details.birth_date": "1911-11-19"},
		}))
	}))
	_, err := a.pool.Exec(ctx, `INSERT INTO requests (request_id, code, person_id, country, post, field_office, officer, pack_version, pack_hash, stage,
		stage_since, opened_at, closed_at, outcome, live) VALUES ($1, $2, $3, 'GHA', 'post', 'BOS', 'officer1', 1, '', 'closed', $4, $4, $4, 'refused', false)`,
		uuid.NewString(), id[:9], id, closed)
	a.must(err)
	return id
}

// about lists the numbered entries of a person.
func (a *archive) about(personID string) (entries []audit.Row) {
	a.t.Helper()
	all, err := audit.After(a.t.Context(), a.pool, 0, 1000)
	a.must(err)
	for _, entry := range all {
		if entry.Object == "person/"+personID {
			entries = append(entries, entry)
		}
	}
	return entries
}

// commits tells whether an entry commits to a family name, with the salt that
// the command tells.
func (a *archive) commits(entry audit.Row, name string) bool {
	a.t.Helper()
	salt, err := hex.DecodeString(strings.TrimSpace(a.call("audit", "salt", strconv.FormatInt(entry.Number, 10), familyName, "-by", "auditor1")))
	a.must(err)
	var commitments map[string]string
	a.must(json.Unmarshal([]byte(entry.Commitments), &commitments))
	return commitments[familyName] == audit.Commit(salt, name)
}

func (a *archive) checkProven(entries []audit.Row) {
	a.t.Helper()
	for _, entry := range entries {
		var proof audit.Proof
		a.must(json.Unmarshal([]byte(a.call("audit", "prove", strconv.FormatInt(entry.Number, 10))), &proof))
		if err := audit.Check(proof, a.verifier); err != nil || proof.Entry.EntryID != entry.EntryID {
			a.t.Errorf("entry %d is proven no more: %v", entry.Number, err)
		}
	}
}

// TestShreddingOnePersonLeavesTheAuditLogVerifiable destroys one of two persons
// by command. The log still verifies, every entry about the person is proven,
// and that a text was entered can be shown while the key lives and not after.
func TestShreddingOnePersonLeavesTheAuditLogVerifiable(t *testing.T) {
	a := newArchive(t)
	gone, other := a.person("Gone-Example"), a.person("Other-Example")
	a.environment["TRAVELDOC_RETENTION_YEARS"] = "75"
	_, err := a.pool.Exec(t.Context(), `UPDATE requests SET closed_at = $1 WHERE person_id = $2`, serve.SystemClock{}.Now().AddDate(-1, 0, 0), other)
	a.must(err)
	a.must(a.sequencer.Round(t.Context()))
	before := a.about(gone)
	if len(before) != 1 || !a.commits(before[0], "Gone-Example") || a.commits(before[0], "Gone-Exempla") {
		t.Fatalf("%d entries commit to what was entered", len(before))
	}
	if strings.Contains(before[0].Commitments, "Example") || strings.Contains(before[0].Commitments, "salt") {
		t.Errorf("the entry tells more than hashes: %s", before[0].Commitments)
	}
	if out := a.call("retention", "destroy", "-confirm", "-by", "admin1"); out != "destroyed "+gone+"\n" {
		t.Errorf("the command says %q", out)
	}
	a.must(a.sequencer.Round(t.Context()))
	if out := a.call("audit", "verify"); !strings.HasSuffix(out, "entries are as they were signed\n") || strings.HasPrefix(out, "0 ") {
		t.Errorf("the log: %s", out)
	}
	after := a.about(gone)
	if len(after) < 3 {
		t.Errorf("%d entries are about the person, who was entered, asked for and destroyed", len(after))
	}
	a.checkProven(after)
	if out, err := call(t, a.environment, "audit", "salt", strconv.FormatInt(before[0].Number, 10), familyName, "-by", "auditor1"); !errors.Is(err, errNoSalt) {
		t.Errorf("the salt of a destroyed person is told: %q, %v", out, err)
	}
	if left := a.about(other); len(left) == 0 || !a.commits(left[0], "Other-Example") {
		t.Error("what was said of the other person is shown no more")
	}
}

// Nothing is destroyed, and no salt told, in the name of somebody who may not
// order it; that they were named is on record.
func TestWhatIsOrderedInANameIsTheirsToOrder(t *testing.T) {
	a := newArchive(t)
	kept := a.person("Kept-Example")
	a.environment["TRAVELDOC_RETENTION_YEARS"] = "75"
	a.must(a.sequencer.Round(t.Context()))
	entry := strconv.FormatInt(a.about(kept)[0].Number, 10)
	for _, by := range []string{"officer1", "nobody"} {
		for action, args := range map[string][]string{
			"person.destroy": {"retention", "destroy", "-confirm", "-by", by},
			"salt.read":      {"audit", "salt", entry, familyName, "-by", by},
		} {
			if out, err := call(t, a.environment, args...); !errors.Is(err, serve.ErrMayNotOrder) || out != "" {
				t.Errorf("%s in the name of %s: %q, %v", action, by, out, err)
			}
			var refused int
			a.must(a.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE actor = $1 AND action = $2 AND outcome = 'forbidden'`, by, action).Scan(&refused))
			if refused != 1 {
				t.Errorf("%d refusals of %s to %s are on record", refused, action, by)
			}
		}
	}
	if out := a.call("retention", "destroy", "-confirm", "-by", "admin1"); out != "destroyed "+kept+"\n" {
		t.Errorf("the command says %q", out)
	}
}
