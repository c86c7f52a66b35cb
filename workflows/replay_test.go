package workflows_test

import (
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/workflows/replaytest"
)

// Every recorded run does today what it did when it was recorded: the same
// requests of the engine, the same answers, the same state.
func TestRecordedRunsStayAsTheyWere(t *testing.T) {
	fixtures, err := replaytest.Load("testdata/replay")
	if err != nil {
		t.Fatal(err)
	}
	if len(fixtures) < 40 {
		t.Errorf("%d fixtures; a path was lost", len(fixtures))
	}
	for _, fixture := range fixtures {
		t.Run(fixture.Name, func(t *testing.T) {
			differences, err := replaytest.Replay(fixture)
			if err != nil {
				t.Fatal(err)
			}
			if len(differences) > 0 {
				t.Error(strings.Join(differences, "\n"))
			}
		})
	}
}
