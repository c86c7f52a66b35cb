package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/workflows"
)

func TestTheApplicationCannotRewriteWhatHappened(t *testing.T) {
	w := newWorld(t)
	w.detained(w.sent())
	l := w.reminded()
	w.report(report("deferred", w.collect(officer)[0].MessageID))
	if err := w.store.Alarm(t.Context(), "test", l.id, "", nil); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE events SET actor = 'nobody'", "DELETE FROM events", "TRUNCATE events",
		"UPDATE legal_events SET dated = '2020-01-01'", "DELETE FROM legal_events",
		"UPDATE mail_events SET event = 'delivered'", "DELETE FROM mail_events",
		"UPDATE alarms SET kind = 'none'", "DELETE FROM alarms",
		"UPDATE outgoing_packages SET content = ''", "DELETE FROM outgoing_packages", "UPDATE package_items SET needs_review = false",
		"UPDATE package_contents SET pdf = ''", "UPDATE disclosures SET decision = 'disclose'", "UPDATE data_sheets SET version = 9",
		"DELETE FROM holds", "UPDATE hold_amendments SET amended_by = ''", "UPDATE citizenship_entries SET citizenship = 'claimed'", "DELETE FROM citizenship_entries", "UPDATE country_consents SET country = 'CHN'", "DELETE FROM country_consents", "DELETE FROM dispatches", "DELETE FROM commands", "DELETE FROM notices", "DELETE FROM messages",
		"DELETE FROM hold_bindings", "DELETE FROM person_merges", "UPDATE person_merges SET merged = survivor", "UPDATE split_assignments SET person_id = was_under",
		"DROP TABLE events", "ALTER TABLE events DISABLE TRIGGER ALL", "CREATE TABLE traveldoc.other (id int)",
		"CREATE OR REPLACE RULE r AS ON DELETE TO events DO INSTEAD NOTHING",
	} {
		_, err := w.pool.Exec(t.Context(), statement)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE alarms SET settled_at = '2026-03-02T15:00:00Z'"); err != nil {
		t.Errorf("settling an alarm: %v", err)
	}
	if n := w.count("events"); n == 0 {
		t.Error("no events were there to be rewritten")
	}
}

func TestNamesAreThoseOfTheWorkflows(t *testing.T) {
	id := newID()
	sql := ""
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no queries", err)
	}
	for _, file := range append(files, "names.go") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sql += string(content)
	}
	for _, name := range []string{
		workflows.HoldChangedSignal, workflows.CustodyChangedSignal, workflows.MailBouncedSignal, workflows.UnreachableSignal,
		workflows.LegalEventsChangedSignal,
	} {
		if !strings.Contains(sql, "'"+name+"'") && !strings.Contains(sql, `"`+name+`"`) {
			t.Errorf("signal %s is not written", name)
		}
	}
	for _, subject := range []string{workflows.RequestID(id), workflows.CustodyID(id)} {
		prefix := strings.TrimSuffix(subject, id)
		if !strings.Contains(sql, "'"+prefix+"'") || !strings.Contains(sql, `"`+prefix+`"`) {
			t.Errorf("workflow ids beginning with %s are not written", prefix)
		}
	}
}

// Personal columns are touched by the queries of one file alone, so that
// encrypting them changes nothing else; and business time is never the database's.
func TestPersonalFieldsAndTimeStayInTheirPlace(t *testing.T) {
	files, err := filepath.Glob("queries/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	personal := regexp.MustCompile(`\b(person_details|order_details|command_texts|document_numbers)\b`)
	time := regexp.MustCompile(`(?i)\b(now\(\)|current_timestamp|clock_timestamp|localtimestamp|current_date)\b`)
	migrations, _ := filepath.Glob("migrations/*.sql")
	reports, _ := filepath.Glob("../report/queries/*.sql")
	for _, file := range append(append(files, migrations...), reports...) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`--[^\n]*`).ReplaceAllString(string(content), "")
		if found := time.FindString(text); found != "" {
			t.Errorf("%s asks the database for the time: %s", file, found)
		}
		if !strings.Contains(file, "queries/") || filepath.Base(file) == "personal.sql" {
			continue
		}
		if found := personal.FindString(text); found != "" {
			t.Errorf("%s reads or writes %s", file, found)
		}
	}
}

func TestTaggedColumnsAreThePersonalOnes(t *testing.T) {
	w := newWorld(t)
	rows, err := w.pool.Query(t.Context(), `SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
		WHERE c.table_schema = 'traveldoc' AND col_description((quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass, c.ordinal_position) = 'personal'
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var tagged []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		tagged = append(tagged, column)
	}
	want := "command_texts.text document_numbers.number order_details.number package_contents.manifest package_contents.pdf person_details.a_number person_details.birth_date person_details.family_name person_details.given_names sealed_fields.sealed"
	if strings.Join(tagged, " ") != want {
		t.Errorf("tagged %v", tagged)
	}
}

func TestABadConnectionStringIsNotQuoted(t *testing.T) {
	_, err := store.Connect(t.Context(), "postgres://user:secret-word@[bad/db")
	if err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("error is %v", err)
	}
	if err := store.Migrate(t.Context(), "postgres://user:secret-word@[bad/db"); err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("error is %v", err)
	}
}
