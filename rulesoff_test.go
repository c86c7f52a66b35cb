package traveldoc_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/store/storetest"
)

// TestEachRuleGoesRedWhenSwitchedOff switches one rule off after the other, and
// demands that the test that names the rule fails for it. As long as none is
// off, the same binaries pass.
func TestEachRuleGoesRedWhenSwitchedOff(t *testing.T) {
	switches := switchboard{}
	switched, alone := map[string][]row{}, []row(nil)
	for _, row := range rows(t) {
		if switches.add(t, row) {
			switched[row.guard.pkg] = append(switched[row.guard.pkg], row)
		} else {
			alone = append(alone, row)
		}
	}
	// All who test share the server: starting one takes longer than most of these tests.
	server := storetest.Empty(t)
	binaries := build(t, switches.overlay(t), slices.Sorted(maps.Keys(switched))...)
	for pkg, rows := range switched {
		t.Run("none/"+filepath.Base(pkg), func(t *testing.T) {
			t.Parallel()
			var guards []string
			for _, row := range rows {
				guards = append(guards, row.guard.test)
			}
			guards = slices.Compact(guards)
			out, err := binaries.run(t.Context(), pkg, server, "", guards...)
			if err != nil || strings.Contains(string(out), "no tests to run") {
				t.Errorf("no rule is off, and its test fails (%v)\n%s", err, out)
			}
		})
		for _, row := range rows {
			t.Run(row.guard.test, func(t *testing.T) {
				t.Parallel()
				row.goesRed(t, binaries, server)
			})
		}
	}
	for _, row := range alone {
		t.Run(row.guard.test, func(t *testing.T) {
			t.Parallel()
			row.goesRed(t, build(t, row.overlay(t), row.guard.pkg), server)
		})
	}
}

// rows are all ways to switch a rule off. What keeps a rule stands exactly once.
func rows(t *testing.T) []row {
	t.Helper()
	var all []row
	for _, rule := range rules() {
		for _, guard := range rule.guards {
			for _, edits := range guard.off {
				all = append(all, row{fmt.Sprint(len(all) + 1), rule.number, guard, edits})
				all[len(all)-1].overlay(t)
			}
		}
	}
	return all
}

// overlay puts the row's edits in place of what they edit.
func (r row) overlay(t *testing.T) string {
	t.Helper()
	changed := map[string]string{}
	for _, edit := range r.edits {
		source, err := os.ReadFile(edit.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(source), edit.keeps); n != 1 {
			t.Fatalf("%s holds %d times what keeps the rule: %q", edit.file, n, edit.keeps)
		}
		changed[edit.file] = strings.Replace(string(source), edit.keeps, edit.off, 1)
	}
	return overlay(t, changed)
}

// goesRed runs a rule's test without the rule. That it fails is not enough: it
// has to have run, and to say that this rule is broken.
func (r row) goesRed(t *testing.T, binaries binaries, server string) {
	t.Helper()
	out, err := binaries.run(t.Context(), r.guard.pkg, server, r.name, r.guard.test)
	failed := strings.Contains(string(out), "--- FAIL: "+r.guard.test+" ")
	if err == nil || !failed || !strings.Contains(string(out), fmt.Sprintf("rule %d: ", r.rule)) {
		t.Errorf("rule %d switched off in %s by %q: its test did not go red (%v)\n%s", r.rule, r.edits[0].file, r.edits[0].off, err, out)
	}
}

// binaries is a folder of test binaries.
type binaries string

// build makes the test binaries of packages with an overlay in place.
func build(t *testing.T, overlay string, packages ...string) binaries {
	t.Helper()
	folder := t.TempDir()
	arguments := []string{"test", "-c", "-o", folder + "/", "-overlay", overlay, "-vet=off", "-ldflags=-s -w"}
	for _, pkg := range packages {
		arguments = append(arguments, "./"+pkg)
	}
	if out, err := exec.CommandContext(t.Context(), "go", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("build %v: %v\n%s", packages, err, out)
	}
	return binaries(folder)
}

// run runs tests of a package, with a row switched off or none.
func (b binaries) run(ctx context.Context, pkg, server, row string, tests ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, filepath.Join(string(b), filepath.Base(pkg)+".test"),
		"-test.timeout=2m", "-test.run=^("+strings.Join(tests, "|")+")$")
	command.Dir = pkg
	command.Env = append(os.Environ(), rowVariable+"="+row, "DATABASE_URL="+server)
	return command.CombinedOutput()
}
