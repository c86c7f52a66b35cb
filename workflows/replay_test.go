package workflows_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
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

// The comparison notices what the engine's own replay does not.
func TestReplayNoticesOtherContents(t *testing.T) {
	fixtures, err := replaytest.Load("testdata/replay")
	if err != nil {
		t.Fatal(err)
	}
	for _, fixture := range fixtures {
		if fixture.Name != "standard-life-run1" {
			continue
		}
		for what, change := range map[string]func(*replaytest.Fixture){
			"state": func(f *replaytest.Fixture) { f.Hash = strings.Repeat("0", 64) },
			"timer": func(f *replaytest.Fixture) {
				f.History = replaced(f.History, `"startToFireTimeout":"`, `"startToFireTimeout":"1`)
			},
			"update": func(f *replaytest.Fixture) {
				f.History = moved(f.History, "workflowExecutionUpdateCompletedEventAttributes")
			},
			"activity": func(f *replaytest.Fixture) {
				f.History = moved(f.History, "activityTaskScheduledEventAttributes")
			},
			"end": func(f *replaytest.Fixture) {
				f.History = moved(f.History, "workflowExecutionContinuedAsNewEventAttributes")
			},
		} {
			altered := fixture
			change(&altered)
			differences, err := replaytest.Replay(altered)
			if err != nil {
				t.Fatal(err)
			}
			if len(differences) != 1 || !strings.HasPrefix(differences[0], what) {
				t.Errorf("%s was changed: %d differences, %.80s", what, len(differences), strings.Join(differences, "\n"))
			}
		}
		return
	}
	t.Fatal("the fixture is missing")
}

func replaced(history json.RawMessage, old, with string) json.RawMessage {
	return json.RawMessage(strings.Replace(compact(history), old, with, 1))
}

func compact(raw json.RawMessage) string {
	var small bytes.Buffer
	if err := json.Compact(&small, raw); err != nil {
		panic(err)
	}
	return small.String()
}

// moved alters the first payload behind a word.
func moved(history json.RawMessage, word string) json.RawMessage {
	text := compact(history)
	at := strings.Index(text, word)
	at += strings.Index(text[at:], `"data":"`) + len(`"data":"`)
	end := at + strings.Index(text[at:], `"`)
	data, err := base64.StdEncoding.DecodeString(text[at:end])
	if err != nil {
		panic(err)
	}
	altered := strings.Replace(string(data), "GHA", "NGA", 1)
	if altered == string(data) {
		altered = strings.Replace(string(data), "officer", "somebody", 1)
	}
	return json.RawMessage(text[:at] + base64.StdEncoding.EncodeToString([]byte(altered)) + text[end:])
}
