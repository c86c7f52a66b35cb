package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/traveldoc/traveldoc/api"
)

// TestAuditExport: an auditor is given a request's contact history in both
// forms; an officer and somebody whom the directory does not know are not, and
// the log tells of all three.
func TestAuditExport(t *testing.T) {
	a := newArchive(t)
	var id, code string
	person := a.person("Invented-Example")
	a.must(a.pool.QueryRow(t.Context(), `SELECT request_id, code FROM requests WHERE person_id = $1`, person).Scan(&id, &code))
	folder := filepath.Join(t.TempDir(), "made", "by it")
	for by, want := range map[string]error{"officer1": api.ErrMayNotExport, "stranger1": api.ErrNotFound} {
		if _, err := call(t, a.environment, "audit", "export", id, "-by", by, folder); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", by, err, want)
		}
	}
	if left, err := os.ReadDir(folder); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a refused export writes %v, %v", left, err)
	}
	a.call("audit", "export", id, "-by", "auditor1", folder)
	text, err := os.ReadFile(filepath.Join(folder, code+".json"))
	a.must(err)
	var history struct {
		Request struct {
			ID string `json:"id"`
		} `json:"request"`
		Facts, Forecasts []json.RawMessage
	}
	if err := json.Unmarshal(text, &history); err != nil || history.Request.ID != id || history.Facts == nil || history.Forecasts == nil {
		t.Errorf("the data: %s, %v", text, err)
	}
	printed, err := os.ReadFile(filepath.Join(folder, code+".pdf"))
	if err != nil || !bytes.HasPrefix(printed, []byte("%PDF-")) {
		t.Errorf("the PDF has %d bytes: %v", len(printed), err)
	}
	if _, err := call(t, a.environment, "audit", "export", id, "-by", "auditor1", folder); !errors.Is(err, os.ErrExist) {
		t.Errorf("an earlier export is written over: %v", err)
	}
	for by, outcome := range map[string]string{"auditor1": "done", "officer1": "forbidden", "stranger1": "not_found"} {
		var entries int
		a.must(a.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE actor = $1 AND action = 'export_history'
			AND object = 'request/' || $2::text AND outcome = $3`, by, id, outcome).Scan(&entries))
		if entries == 0 {
			t.Errorf("the log does not tell that %s was answered %s", by, outcome)
		}
	}
}
