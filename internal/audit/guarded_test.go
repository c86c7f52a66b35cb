package audit_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/store"
)

// Ids of rows that these tests invent.
const (
	one = "'00000000-0000-4000-8000-000000000001'"
	at  = "'2026-03-02T12:00:00Z'"
)

// acts are statements, by the trigger that has to enter the last of them, and
// the action as which it does.
func acts() map[string]struct {
	action     string
	statements []string
} {
	command := `INSERT INTO commands (command_id, principal, operation, fingerprint, input, status, stored_at) VALUES (` + one + `, 'x', 'invented', '', '{}', 'stored', ` + at + `)`
	hold := `INSERT INTO holds (hold_id, person_id, scope, kind, authority, source_sha256, dated, placed_by, placed_at, fence)
		VALUES (` + one + `, ` + one + `, 'person', 'other', 'court', '', '2026-03-02', 'x', ` + at + `, 1)`
	dispatch := `INSERT INTO dispatches (dispatch_id, request_id, person_id, kind, channel, post, content, status, fence, authorised_at, authorised_by)
		VALUES (` + one + `, ` + one + `, ` + one + `, 'send', 'courier', 'x', 'x', 'sending', 1, ` + at + `, 'x')`
	message := `INSERT INTO messages (message_id, recipient, address, token, kind, subject, status, claimed_at)
		VALUES (` + one + `, 'x', 'x', 'x', 'digest', 'x', 'claimed', ` + at + `)`
	kept := `INSERT INTO retention_holds (person_id, matter, placed_by, placed_at) VALUES (` + one + `, 'x', 'x', ` + at + `)`
	key := `INSERT INTO person_keys (person_id, keyset, files, master, made_at) VALUES (` + one + `, '', '', 'x', ` + at + `)`
	merge := `INSERT INTO person_merges (merge_id, survivor, merged, reason, source_sha256, merged_by, merged_at)
		VALUES (` + one + `, ` + one + `, '00000000-0000-0000-0000-000000000002', 'x', '', 'x', ` + at + `)`
	shared := `INSERT INTO shared_keys (purpose, keyset, master, made_at) VALUES ('index', '', 'x', ` + at + `)`
	type act = struct {
		action     string
		statements []string
	}
	return map[string]act{
		"citizenship_entries.audit_entered": {"citizenship.enter", []string{`INSERT INTO citizenship_entries (entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at)
			VALUES (` + one + `, ` + one + `, 'claimed', ` + one + `, '', 'x', ` + at + `)`}},
		"commands.audit_stored":   {"invented", []string{command}},
		"commands.audit_finished": {"invented", []string{command, `UPDATE commands SET status = 'done', done_at = stored_at`}},
		"country_consents.audit_consented": {"country.consent", []string{`INSERT INTO country_consents (consent_id, request_id, order_country, country, reason, source_sha256, consented_by, consented_at)
			VALUES (` + one + `, ` + one + `, 'GHA', 'TGO', 'x', '', 'x', ` + at + `)`}},
		"custody_clocks.audit_derived": {"custody.derive", []string{`INSERT INTO custody_clocks VALUES (` + one + `, 'BOS', 1, true, '{}', ` + at + `)`}},
		"dispatches.audit_authorised":  {"dispatch.send", []string{dispatch}},
		"dispatches.audit_dispatched":  {"dispatch.send", []string{dispatch, `UPDATE dispatches SET status = 'sent', sent_at = ` + at}},
		"events.audit_signed": {"noncompliance_notice.sign", []string{`INSERT INTO events (request_id, seq, type, occurred_at, recorded_at, actor, actor_roles, command_id, data, content_sha256)
			VALUES (` + one + `, 1, 'noncompliance_recorded', ` + at + `, ` + at + `, 'x', '{}', ` + one + `, '{"signed_by": "y"}', '')`}},
		"hold_amendments.audit_amended": {"hold.amend", []string{`INSERT INTO hold_amendments (amendment_id, hold_id, amended_by, amended_at) VALUES (` + one + `, ` + one + `, 'x', ` + at + `)`}},
		"holds.audit_placed":            {"hold.place", []string{hold}},
		"holds.audit_lifted":            {"hold.lift", []string{hold, `UPDATE holds SET lifted_at = ` + at + `, lifted_by = 'x'`}},
		"legal_events.audit_recorded": {"legal_event.record", []string{`INSERT INTO legal_events
			(legal_event_id, person_id, kind, dated, office, source_type, source_sha256, recorded_at, recorded_by)
			VALUES (` + one + `, ` + one + `, 'detained', '2026-03-02', 'BOS', 'x', '', ` + at + `, 'x')`}},
		"legal_events.audit_signed": {"noncompliance_notice.sign", []string{`INSERT INTO legal_events
			(legal_event_id, person_id, kind, dated, office, source_type, source_sha256, recorded_at, recorded_by, signed_by, signed_on)
			VALUES (` + one + `, ` + one + `, 'noncompliance_notice', '2026-03-02', 'BOS', 'x', '', ` + at + `, 'x', 'y', '2026-03-02')`}},
		"messages.audit_claimed":        {"mail.digest", []string{message}},
		"messages.audit_mailed":         {"mail.digest", []string{message, `UPDATE messages SET status = 'sending', sending_at = ` + at}},
		"person_keys.audit_never_keyed": {"person_key.destroy", []string{`INSERT INTO person_keys (person_id, master, made_at, destroyed_at) VALUES (` + one + `, '', ` + at + `, ` + at + `)`}},
		"person_keys.audit_rekeyed":     {"person_key.replace", []string{key, `UPDATE person_keys SET made_at = made_at + interval '1 hour'`}},
		"person_keys.audit_shredded":    {"person_key.destroy", []string{key, `UPDATE person_keys SET keyset = NULL, files = NULL, destroyed_at = ` + at}},
		"person_merges.audit_merged":    {"person.merge", []string{merge}},
		"person_merges.audit_split": {"person.split", []string{merge, `UPDATE person_merges SET undone_with = ` + one + `, undone_by = 'x', undone_at = ` + at + `,
			undone_reason = 'x', undone_source_sha256 = ''`}},
		"split_assignments.audit_assigned": {"person.assign", []string{`INSERT INTO split_assignments
			VALUES (` + one + `, 'flag', ` + one + `, ` + one + `, ` + one + `, 'x', ` + at + `)`}},
		"retention_holds.audit_kept":       {"retention_hold.place", []string{kept}},
		"retention_holds.audit_released":   {"retention_hold.release", []string{kept, `UPDATE retention_holds SET released_by = 'x', released_at = ` + at}},
		"sessions.audit_signed_in":         {"sign_in", []string{`INSERT INTO sessions VALUES (decode(repeat('00', 32), 'hex'), 'x', 'x', '{}', '{}', '{}', '{}', ` + at + `, ` + at + `, ` + at + `)`}},
		"shared_keys.audit_shared_made":    {"shared_key.make", []string{shared}},
		"shared_keys.audit_shared_retired": {"shared_key.retire", []string{shared, `UPDATE shared_keys SET retired_at = made_at`}},
	}
}

// TestEachTriggerEntersItsAct lets one trigger at a time fire, alone: the act
// enters the log with it, and does not once it is dropped.
func TestEachTriggerEntersItsAct(t *testing.T) {
	w := newWorld(t)
	known := acts()
	for _, name := range audit.Triggers() {
		act, tried := known[name]
		if strings.HasPrefix(name, "audit_entries.") {
			continue // TestTheApplicationOnlyAdds and TestTheGuardStopsTheOwnerToo
		}
		if !tried {
			t.Errorf("nothing here tries %s", name)
			continue
		}
		table, trigger, _ := strings.Cut(name, ".")
		if n := w.entered(t, act.action, act.statements, "ALTER TABLE "+table+" ENABLE ALWAYS TRIGGER "+trigger); n != 1 {
			t.Errorf("%s enters %d rows as %s", name, n, act.action)
		}
		if n := w.entered(t, act.action, act.statements, "DROP TRIGGER "+trigger+" ON "+table); n != 0 {
			t.Errorf("%s is dropped, and %d rows are entered all the same", name, n)
		}
	}
}

// entered tells how many rows the last statement enters, with no trigger at
// work but one that always is, and leaves nothing behind.
func (w *world) entered(t *testing.T, action string, statements []string, before string) (rows int) {
	t.Helper()
	tx, err := w.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	last := len(statements) - 1
	all := slices.Concat([]string{"SET LOCAL session_replication_role = replica"}, statements[:last], []string{before}, statements[last:])
	for _, statement := range all {
		if _, err := tx.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
			return -1
		}
	}
	if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries WHERE action = $1", action).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// errUndo ends a transaction that is only tried.
var errUndo = errors.New("undo")

// Not even who owns the tables rewrites the log by mistake.
func TestTheGuardStopsTheOwnerToo(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 1)
	for trigger, statements := range map[string][]string{
		"audit_guard":     {"UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"},
		"audit_guard_all": {"TRUNCATE audit_entries CASCADE"},
	} {
		for _, statement := range statements {
			if _, err := w.owner.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "the audit log is only added to") {
				t.Errorf("%s: %v", statement, err)
			}
			err := pgx.BeginFunc(t.Context(), w.owner, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), "DROP TRIGGER "+trigger+" ON audit_entries")
				if err == nil {
					_, err = tx.Exec(t.Context(), statement)
				}
				if err != nil {
					t.Errorf("%s without %s: %v", statement, trigger, err)
				}
				return errUndo
			})
			if err == nil {
				t.Error("the trigger stays dropped")
			}
		}
	}
}

// TestTheListOfTriggersIsWhole against the database's own.
func TestTheListOfTriggersIsWhole(t *testing.T) {
	w := newWorld(t)
	rows, err := w.owner.Query(t.Context(), `SELECT c.relname || '.' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname LIKE 'audit\_%' AND NOT t.tgisinternal ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if listed := audit.Triggers(); err != nil || !slices.Equal(found, listed) {
		t.Errorf("there are %v, listed are %v: %v", found, listed, err)
	}
}

// TestTheDoctorSeesWhatIsDroppedAndGranted: each trigger that is dropped or
// disabled is named, and each right to rewrite is seen.
func TestTheDoctorSeesWhatIsDroppedAndGranted(t *testing.T) {
	w := newWorld(t)
	exec := func(statement string) {
		t.Helper()
		if _, err := w.owner.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := audit.Entered(t.Context(), w.pool); err != nil {
		t.Fatal(err)
	}
	for _, name := range audit.Triggers() {
		table, trigger, _ := strings.Cut(name, ".")
		exec("ALTER TABLE " + table + " DISABLE TRIGGER " + trigger)
		if err := audit.Entered(t.Context(), w.pool); err == nil || !strings.HasSuffix(err.Error(), ": "+name) {
			t.Errorf("%s is disabled: %v", name, err)
		}
		exec("ALTER TABLE " + table + " ENABLE TRIGGER " + trigger)
	}
	exec("DROP TRIGGER audit_placed ON holds")
	if err := audit.Entered(t.Context(), w.pool); err == nil || !strings.HasSuffix(err.Error(), ": holds.audit_placed") {
		t.Errorf("holds.audit_placed is dropped: %v", err)
	}
	if err := audit.AddedOnly(t.Context(), w.pool); err == nil {
		t.Error("the owner works under the application's role, and may stop doing so unseen")
	}
	login, pool := w.member(t)
	for _, right := range []string{"UPDATE ON audit_entries", "UPDATE (actor) ON audit_entries", "DELETE ON audit_entries", "TRUNCATE ON audit_entries", "traveldoc_sequencer"} {
		for _, role := range []string{"traveldoc_app", login} {
			if role == "traveldoc_app" && right == "traveldoc_sequencer" {
				continue // of all databases of the server
			}
			if err := audit.AddedOnly(t.Context(), pool); err != nil {
				t.Errorf("before %s: %v", right, err)
			}
			exec("GRANT " + right + " TO " + role)
			if err := audit.AddedOnly(t.Context(), pool); err == nil {
				t.Errorf("%s is granted to %s and not seen", right, role)
			}
			exec("REVOKE " + right + " FROM " + role)
		}
	}
}

// member connects as a login that is a member of the application's role and nothing else.
func (w *world) member(t *testing.T) (login string, pool *pgxpool.Pool) {
	t.Helper()
	login = "traveldoc_test_" + strings.ToLower(rand.Text())
	for _, statement := range []string{"CREATE ROLE " + login + " LOGIN PASSWORD 'invented'", "GRANT traveldoc_app TO " + login} {
		if _, err := w.owner.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if _, err := w.owner.Exec(context.Background(), "DROP OWNED BY "+login+"; DROP ROLE "+login); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(w.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(login, "invented")
	pool, err = store.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return login, pool
}
