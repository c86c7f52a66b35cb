package main

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

// tour is every block of the README that a newcomer is told to paste, led to
// this house's ports instead of the usual ones.
func tour(t *testing.T, at *system.House) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for i, part := range strings.Split(string(readme), "```bash\n") {
		if i > 0 {
			block, _, _ := strings.Cut(part, "```")
			script.WriteString(block)
		}
	}
	return strings.NewReplacer(
		"http://127.0.0.1:8080", at.URL(system.APIPort), "http://127.0.0.1:8090", at.URL(system.IdentityPort),
		"http://127.0.0.1:8025", at.URL(system.MailPort),
		"build/traveldoc-standalone forward 960h", os.Args[0]+" forward 960h --ports auto --state "+at.State.Path(),
	).Replace(script.String())
}

func TestTheTourWorksWhenPasted(t *testing.T) {
	folder := trial.Folder(t)
	standalone := launch(t, folder)
	standalone.awaitReady()
	defer standalone.interrupt()
	shell := exec.CommandContext(t.Context(), "bash", "-u", "-c", tour(t, house(t, folder)))
	shell.Dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(shell.Dir, "build"), 0o755); err != nil {
		t.Fatal(err)
	}
	shell.Env = append(os.Environ(), mainVariable+"=yes")
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	text := string(output)
	if bundle, err := zip.OpenReader(filepath.Join(shell.Dir, "build", "bundle.zip")); err != nil || len(bundle.File) != 2 {
		t.Errorf("the bundle is no archive of two files: %v", err)
	}
	for _, want := range []string{
		`"stage":"assembling"`,         // opened
		`"type":"review_requested"`,    // handed over
		`"type":"approved"`,            // approved
		`/problems/gate_closed`,        // held
		`"type":"sent"`,                // let go
		`"hand_over":{"courier"`,       // and carried
		`the clock says`,               // forty days on
		`"type":"escalation_opened"`,   // the silence was noticed
		`answer overdue, follow up by`, // by mail
		`"group_by":"country"`,         // and shows to managers
		`"r0":"2026-04-03"`,            // a stay's end is day 0
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the tour does not show %s", want)
		}
	}
	if n := strings.Count(text, "/problems/"); n != 1 {
		t.Errorf("the tour meets %d problems, and should meet the closed gate alone", n)
	}
	if t.Failed() {
		t.Log(text)
	}
}
