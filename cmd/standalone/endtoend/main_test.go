package endtoend

import (
	"fmt"
	"os"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/chaos"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// TestMain lets the test program read a document, or play a part of a
// standalone, in a process of its own.
func TestMain(m *testing.M) {
	sanitise.Divert()
	if chaos.Playing(os.Getenv) {
		if err := chaos.Play(os.Getenv, os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
