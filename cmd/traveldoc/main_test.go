package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func call(t *testing.T, environment map[string]string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, terminal{
		env:     func(name string) (string, bool) { value, ok := environment[name]; return value, ok },
		out:     &out,
		logging: &bytes.Buffer{},
	})
	return out.String(), err
}

func TestWithoutACommandItSaysWhichThereAre(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"--help"}} {
		_, err := call(t, nil, args...)
		if err == nil || !strings.Contains(err.Error(), "traveldoc migrate") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// Rule 13 is kept by there being no route: no command and none of its arguments is
// named for a likelihood.
func TestRule13_NoCommandTellsALikelihood(t *testing.T) {
	if len(commands()) == 0 {
		t.Fatal("there are no commands")
	}
	for _, command := range commands() {
		for _, word := range []string{"likel", "probab", "score", "predict", "chance", "odds", "forecast", "average"} {
			if strings.Contains(strings.ToLower(command.name+" "+command.args), word) {
				t.Errorf("rule 13: there is a command %s %s", command.name, command.args)
			}
		}
	}
}

func TestWrongArgumentsShowTheUsage(t *testing.T) {
	for _, args := range [][]string{
		{"api", "x"}, {"worker", "x"}, {"migrate", "x"}, {"keys"}, {"keys", "rotate"}, {"keys", "rotate", "all"}, {"keys", "retire"}, {"directory"}, {"clocks"}, {"clocks", "-x"}, {"doctor", "x"}, {"probe"}, {"codec", "x"}, {"retention"},
		{"audit", "salt", "x", "f", "-by", "a"}, {"audit", "export", "x"},
		{"retention", "all"}, {"retention", "destroy", "-confirm"}, {"retention", "destroy", "-by", "admin1"}, {"retention", "due", "-confirm", "-by", "admin1"},
	} {
		_, err := call(t, nil, args...)
		if err == nil || !strings.Contains(err.Error(), "say it so: traveldoc "+args[0]) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestNoPartStartsWithoutItsSettings(t *testing.T) {
	for _, name := range []string{"api", "worker", "migrate", "doctor", "codec"} {
		_, err := call(t, nil, name)
		if err == nil || !strings.Contains(err.Error(), "DATABASE_URL must be set") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProbe(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	if _, err := call(t, nil, "probe", server.URL); err != nil {
		t.Errorf("a ready address fails: %v", err)
	}
	status = http.StatusServiceUnavailable
	if _, err := call(t, nil, "probe", server.URL); err == nil {
		t.Error("an address that is not ready passes")
	}
}

// A man whose order became final on 2 March 2026 while detained: day 90 is 31 May, day 180 is 29 August.
const question = `{"as_of": "2026-04-01T12:00:00Z", "custody": {"office": "BOS", "events": [
	{"kind": "detained", "date": "2026-02-20"}, {"kind": "order_final", "date": "2026-03-02"}]}}`

func TestClocksFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "question.json")
	if err := os.WriteFile(file, []byte(question), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := call(t, nil, "clocks", file)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid([]byte(out)) || !strings.Contains(out, "2026-05-31") || !strings.Contains(out, "2026-08-29") {
		t.Errorf("the answer lacks day 90 or day 180:\n%s", out)
	}
}

func TestClocksNameWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "question.json")
	if err := os.WriteFile(file, []byte(strings.Replace(question, "BOS", "XXX", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, nil, "clocks", file); err == nil || !strings.Contains(err.Error(), "custody.office") {
		t.Errorf("an unknown office: %v", err)
	}
}
