package endtoend

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

// TestNothingPersonalIsFoundAnywhere lives lives about people who carry a mark
// and looks for it in everything that a machine keeps or says.
func TestNothingPersonalIsFoundAnywhere(t *testing.T) {
	f := gatherFlock(t)
	f.live()
	f.everythingPlanted()
	f.everythingWritten()
	if found := f.places(); len(found) > 0 {
		t.Errorf("%d places tell what is personal:\n%s", len(found), strings.Join(found, "\n"))
	}
	t.Run("a leak is found", func(t *testing.T) { f.leak(t) })
}

// everythingPlanted reads from the catalogue which columns are personal: each
// must hold something marked, sealed, so that a column that somebody adds is
// filled here or fails.
func (f *flock) everythingPlanted() {
	f.t.Helper()
	ctx := f.t.Context()
	rows, err := f.w.Records.Query(ctx, `SELECT c.relname || '.' || a.attname
		FROM pg_description d JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
		WHERE d.description = 'personal' AND c.relnamespace = 'traveldoc'::regnamespace`)
	if err != nil {
		f.t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(columns) < 8 {
		f.t.Fatalf("the catalogue names %d personal columns: %v", len(columns), err)
	}
	planted := f.sealed()
	// A package is sealed as a file is; that its bytes hold the marked sheet, their
	// compression hides from a search.
	for _, column := range []string{"manifest", "pdf"} {
		var n int
		if err := f.w.Records.QueryRow(ctx, "SELECT count(*) FROM traveldoc.package_contents").Scan(&n); err != nil {
			f.t.Fatal(err)
		}
		planted["package_contents."+column] = n
	}
	for _, column := range columns {
		if column != "sealed_fields.sealed" && planted[column] == 0 {
			f.t.Errorf("%s is personal, and these lives put nothing into it", column)
		}
	}
}

// salt is 32 random bytes, drawn beside what is sealed: no person put it there.
var salt = regexp.MustCompile("^[0-9a-f]{64}$")

// sealed counts the values in the vault by column, each of which must be marked.
func (f *flock) sealed() map[string]int {
	f.t.Helper()
	ctx := f.t.Context()
	rows, err := f.w.Records.Query(ctx, `SELECT DISTINCT row_id::text FROM traveldoc.sealed_fields`)
	if err != nil {
		f.t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.t.Fatal(err)
	}
	counts, v := map[string]int{}, f.vault()
	for _, id := range ids {
		values, err := v.Row(ctx, f.w.Records, id)
		if err != nil {
			f.t.Fatal(err)
		}
		for column, value := range values {
			counts[column]++
			if strings.HasSuffix(column, ".salt") && salt.MatchString(value) {
				continue
			}
			if len(search([]byte(value))) == 0 {
				f.t.Errorf("%s holds something that carries no mark and would not be found", column)
			}
		}
	}
	return counts
}

// leak puts something personal where each of the searches has to find it.
func (f *flock) leak(t *testing.T) {
	ctx := t.Context()
	if _, err := f.log.Write([]byte("level=INFO msg=opened person=" + mark + "\n")); err != nil {
		t.Fatal(err)
	}
	leaking := client.StartWorkflowOptions{ID: "leak", TaskQueue: "nobody"}
	if _, err := f.w.Engine.ExecuteWorkflow(ctx, leaking, "leak of "+mark, map[string]string{"born": bornOn}); err != nil {
		t.Fatal(err)
	}
	_, err := f.w.Records.Exec(ctx, `INSERT INTO traveldoc.alarms (kind, detail, raised_at) VALUES ('leak', jsonb_build_object('number', $1::text), $2)`, alien, f.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.w.Records.Exec(ctx, `INSERT INTO traveldoc.alarms (kind, detail, raised_at)
		VALUES ('leak', jsonb_build_object('file', encode('%PDF-1.7', 'hex')), $1)`, f.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	f.answers["a leak"] = "the name " + mark + " is not known"
	f.leakOutside(t)
	f.w.Await("the leaking workflow is listed", func() error {
		listed, err := f.w.Engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = 'leak'"})
		if err == nil && len(listed.Executions) == 0 {
			err = errors.New("it is not")
		}
		return err
	})
	found := f.places()
	for _, place := range []string{
		"log of a part", "history of leak", "visibility of leak", "table traveldoc.alarms", "an unsealed PDF in table", "file /postgres",
		"the answer to a leak", "span", "figures", "mail " + mark, "file /maildrop", "address", "title of /leak", "headers of /leak",
	} {
		if !slices.ContainsFunc(found, func(one string) bool { return strings.HasPrefix(one, place) }) {
			t.Errorf("nothing was found in %s", place)
		}
	}
}

// leakOutside tells something personal by span, figure, mail, address, title and header.
func (f *flock) leakOutside(t *testing.T) {
	t.Helper()
	post := func(address, key, body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode >= http.StatusMultipleChoices {
			t.Fatalf("%s answers %s", address, answer.Status)
		}
	}
	post(f.collector, "", `{"name":"open `+mark+`"}`)
	settings, err := f.w.House.Settings()
	if err != nil {
		t.Fatal(err)
	}
	post(f.w.House.URL(system.MailPort)+"/v3/mail/send", settings["TRAVELDOC_SENDGRID_KEY"], `{
		"from": {"email": "desk@traveldoc.example"}, "subject": "`+mark+`", "custom_args": {"about": "`+mark+`"},
		"personalizations": [{"to": [{"email": "officer1@bos.example"}]}], "content": [{"type": "text/plain", "value": "`+mark+`"}]
	}`)
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metrics":
			fmt.Fprintf(w, "requests{person=%q} 1\n", mark)
		case "/":
			http.Redirect(w, r, "/leak?name="+mark, http.StatusSeeOther)
		default:
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("X-Person", mark)
			fmt.Fprintf(w, "<title>%s</title>", mark)
		}
	}))
	t.Cleanup(strange.Close)
	f.figures, f.strange = append(f.figures, strange.URL+"/metrics"), append(f.strange, strange.URL+"/")
}
