package endtoend

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/internal/vault/codec"
)

// needles are the forms in which anything personal could be met.
var needles = allForms(append([]string{mark, alien, another, secondOne, fourth}, birthDates...))

// unsealed is how a PDF begins that is stored as it is, as a dump writes it: what it
// tells is compressed, and no word of it would be found.
var unsealed = []byte(hex.EncodeToString([]byte("%PDF-")))

// allForms adds to words what they look like in hexadecimal, and in base64 at
// each of the three places at which a word can begin there.
func allForms(words []string) [][]byte {
	var forms [][]byte
	for _, word := range words {
		for _, written := range []string{word, strings.ToLower(word), strings.ToUpper(word)} {
			forms = append(forms, []byte(written), []byte(hex.EncodeToString([]byte(written))))
		}
		for before := range 3 {
			raw := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), word...))
			// The first and last signs also depend on the neighbours.
			forms = append(forms, []byte(raw[(before*8+5)/6:len(raw)-1]))
		}
	}
	slices.SortFunc(forms, bytes.Compare)
	return slices.CompactFunc(forms, bytes.Equal)
}

// search finds what is personal in a text, with what stands around it.
func search(text []byte) []string {
	const around = 60
	var found []string
	for _, needle := range needles {
		if at := bytes.Index(text, needle); at >= 0 {
			found = append(found, fmt.Sprintf("%q", text[max(0, at-around):min(len(text), at+len(needle)+around)]))
		}
	}
	return found
}

// places are everything that is searched, by name.
func (f *flock) places() []string {
	f.t.Helper()
	var found []string
	look := func(place string, text []byte) {
		for _, one := range search(text) {
			found = append(found, place+": "+one)
		}
	}
	look("log of a part", f.log.Bytes())
	f.databases(look)
	f.histories(look)
	f.files(look)
	look("span", f.traces.Bytes())
	for _, address := range f.figures {
		look("figures", f.get(address))
	}
	for _, mail := range f.w.Mails() {
		look("mail "+mail.Subject, fmt.Appendf(nil, "%+v", mail))
	}
	f.pages(look)
	return append(found, f.unmarked()...)
}

func (f *flock) get(address string) []byte {
	f.t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		f.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// databases dumps every table of all three, those of the engine and of its
// search index among them. No table is left out: what is personal is sealed.
func (f *flock) databases(look func(string, []byte)) {
	f.t.Helper()
	for _, database := range []string{postgres.Traveldoc, postgres.Temporal, postgres.TemporalVisibility} {
		connection, err := pgx.Connect(f.t.Context(), f.w.House.Server.URL(database))
		if err != nil {
			f.t.Fatal(err)
		}
		defer connection.Close(context.Background())
		rows, err := connection.Query(f.t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
			WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
		if err != nil {
			f.t.Fatal(err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(tables) == 0 {
			f.t.Fatalf("%s has %d tables: %v", database, len(tables), err)
		}
		for _, table := range tables {
			var dump bytes.Buffer
			if _, err := connection.PgConn().CopyTo(f.t.Context(), &dump, "COPY "+table+" TO STDOUT"); err != nil {
				f.t.Fatalf("dump %s of %s: %v", table, database, err)
			}
			look("table "+table+" of "+database, dump.Bytes())
			if bytes.Contains(dump.Bytes(), unsealed) {
				look("an unsealed PDF in table "+table, []byte(mark))
			}
		}
	}
}

// histories reads every history as a worker does, opened.
func (f *flock) histories(look func(string, []byte)) {
	f.t.Helper()
	ctx := f.t.Context()
	keys := codec.New(f.vault().Payloads())
	var page []byte
	count, opened := 0, 0
	for {
		list, err := f.w.Engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 100, NextPageToken: page})
		if err != nil {
			f.t.Fatal(err)
		}
		for _, execution := range list.Executions {
			text, payloads := f.history(keys, execution.Execution)
			look("history of "+execution.Execution.WorkflowId, text)
			if listed, err := protojson.Marshal(execution); err == nil {
				look("visibility of "+execution.Execution.WorkflowId, listed)
			}
			count, opened = count+1, opened+payloads
		}
		if page = list.NextPageToken; len(page) == 0 {
			break
		}
	}
	if count < 4 || opened < 50 {
		f.t.Errorf("only %d histories with %d sealed payloads were read", count, opened)
	}
}

func (f *flock) history(keys converter.PayloadCodec, of *commonpb.WorkflowExecution) (text []byte, opened int) {
	f.t.Helper()
	ctx := f.t.Context()
	events := f.w.Engine.GetWorkflowHistory(ctx, of.WorkflowId, of.RunId, false, 0)
	for events.HasNext() {
		event, err := events.Next()
		if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
			// Listed a moment ago and kept no longer: there is nothing left to read.
			return text, opened
		}
		if err != nil {
			f.t.Fatal(err)
		}
		err = proxy.VisitPayloads(ctx, event, proxy.VisitPayloadsOptions{
			Visitor: func(_ *proxy.VisitPayloadsContext, sealed []*commonpb.Payload) ([]*commonpb.Payload, error) {
				clear, err := keys.Decode(sealed)
				for i, payload := range clear {
					if payload != sealed[i] {
						opened++
					}
					text = append(append(text, payload.Data...), '\n')
				}
				return clear, err
			},
		})
		if err != nil {
			f.t.Fatalf("a payload of %s does not open: %v", of.WorkflowId, err)
		}
		whole, err := protojson.Marshal(event)
		if err != nil {
			f.t.Fatal(err)
		}
		text = append(text, whole...)
	}
	return text, opened
}

// files are all that the standalone keeps: PostgreSQL's log, its tables and its
// write-ahead log, the mail drop's mails and the webhooks that it called, and
// the sealed documents.
func (f *flock) files(look func(string, []byte)) {
	f.t.Helper()
	read := 0
	err := filepath.WalkDir(f.w.House.State.Path(), func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // a server at work removes files
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		read++
		look("file "+strings.TrimPrefix(path, f.w.House.State.Path()), content)
		if bytes.HasPrefix(content, []byte("%PDF-")) {
			look("an unsealed PDF in file "+strings.TrimPrefix(path, f.w.House.State.Path()), []byte(mark))
		}
		return err
	})
	if err != nil || read < 100 {
		f.t.Errorf("%d files were read: %v", read, err)
	}
}

// vault opens what the flock's processes sealed.
func (f *flock) vault() *vault.Vault {
	f.t.Helper()
	reference, err := f.w.House.MasterKey()
	if err != nil {
		f.t.Fatal(err)
	}
	masters, err := vault.OpenMasters(f.t.Context(), []string{reference})
	if err != nil {
		f.t.Fatal(err)
	}
	return vault.New(f.w.Records, masters, f.w.House.Clock)
}
