package documentstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// programVariable names the sanitiser that Main built to the tests that it runs.
const programVariable = "TRAVELDOC_TEST_SANITISER"

// Main is the TestMain of tests that upload or sanitise documents. The sanitiser
// is this test's own binary. The race detector makes it take ten times as long
// and sees nothing of what it shares with nobody: under it, the sanitiser is one
// built without. Package sanitise's tests have its goroutines watched. After the
// tests it ends what else they had started.
func Main(m *testing.M, ends ...func()) {
	sanitise.Divert()
	os.Exit(run(m, ends))
}

func run(m *testing.M, ends []func()) int {
	for _, end := range ends {
		defer end()
	}
	if !raced {
		return m.Run()
	}
	folder, err := os.MkdirTemp("", "traveldoc-sanitiser-")
	if err == nil {
		err = prepare(filepath.Join(folder, "sanitiser"))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "build the sanitiser: %v\n", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	return m.Run()
}

// prepare builds a sanitiser and has it compile the renderer, which under the
// race detector would take minutes.
func prepare(program string) error {
	build := exec.Command("go", "test", "-c", "-vet=off", "-o", program, "github.com/traveldoc/traveldoc/internal/documents/sanitise")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	cache, err := cacheFolder()
	if err != nil {
		return err
	}
	first := exec.Command(program, Limits().Arguments(cache)...)
	first.Stdin = bytes.NewReader(Plain(1, "first"))
	if out, err := first.CombinedOutput(); err != nil {
		return fmt.Errorf("first run: %w: %s", err, out)
	}
	return os.Setenv(programVariable, program)
}

// program that sanitises: what Main built, else this test's own binary.
func program(t testing.TB) string {
	t.Helper()
	if built := os.Getenv(programVariable); built != "" {
		return built
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return own
}
