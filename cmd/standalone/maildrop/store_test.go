package maildrop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func mustSend(t *testing.T, drop *running, to string) {
	t.Helper()
	if _, err := sender(t, drop.url, testKey, 0).Send(t.Context(), message(to)); err != nil {
		t.Fatal(err)
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	mustSend(t, drop, "a@example.org")
	mustSend(t, drop, "b@example.org")
	drop.stop()
	path := filepath.Join(dir, "arrivals.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n') + 1
	for _, cut := range []int{1, 2, 40, len(whole) - first - 1} {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		again := start(t, dir, "")
		if raw, err := os.ReadFile(path); err != nil || string(raw) != string(whole[:first]) {
			t.Errorf("cut by %d: the torn line stays: %q, %v", cut, raw[min(first, len(raw)):], err)
		}
		mustSend(t, again, "c@example.org")
		again.stop()
		all := arrivals(t, dir)
		if len(all) != 2 || all[0].Mails[0].To[0] != "a@example.org" || all[1].Seq != 2 || all[1].Mails[0].To[0] != "c@example.org" {
			t.Errorf("cut by %d: %+v", cut, all)
		}
	}
}

func TestDamageBeforeTheEndIsNotPassedOver(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	for range 3 {
		mustSend(t, drop, "a@example.org")
	}
	drop.stop()
	path := filepath.Join(dir, "arrivals.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for name, damaged := range map[string]string{
		"line missing": lines[0] + lines[2],
		"line twice":   lines[0] + lines[0] + lines[1],
		"line broken":  lines[0] + "{\n" + lines[1],
	} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Dir: dir, PublicURL: "http://127.0.0.1:8025", APIKey: testKey, Clock: time.Now}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestFailedAppendLeavesNoHalfLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := openJournal(path, func(int64, []byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.append([]byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	writable := j.file
	if j.file, err = os.Open(path); err != nil { // a file that takes no writes
		t.Fatal(err)
	}
	if _, err := j.append([]byte(`{"b":2}`)); err == nil {
		t.Error("append to a file that takes no writes succeeded")
	}
	j.file = writable
	if _, err := j.append([]byte(`{"c":3}`)); err == nil {
		t.Error("a journal that could not undo goes on")
	}
	raw, err := os.ReadFile(path)
	if err != nil || string(raw) != "{\"a\":1}\n" {
		t.Errorf("%q, %v", raw, err)
	}
}

// TestSendUntilKilled is not a test by itself: TestKillLosesNoAnsweredMail runs and kills it.
func TestSendUntilKilled(t *testing.T) {
	dir := os.Getenv("MAILDROP_DIR_TO_KILL")
	if dir == "" {
		return
	}
	drop := start(t, dir, "http://127.0.0.1:1/")
	for i := 0; ; i++ {
		mustSend(t, drop, fmt.Sprintf("n%d@example.org", i))
		fmt.Println("answered", i)
	}
}

func TestKillLosesNoAnsweredMail(t *testing.T) {
	dir := t.TempDir()
	var answered int
	for round := range 5 {
		command := exec.Command(os.Args[0], "-test.run", "^TestSendUntilKilled$")
		command.Env = append(os.Environ(), "MAILDROP_DIR_TO_KILL="+dir)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		count := func() {
			if strings.HasPrefix(lines.Text(), "answered") {
				answered++
			}
		}
		for enough := answered + 10 + 3*round; answered < enough && lines.Scan(); {
			count()
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what was answered before the kill reached it
			count()
		}
		_ = command.Wait() // it was killed
	}
	drop := start(t, dir, "")
	drop.stop()
	all := arrivals(t, dir)
	if answered < 80 || len(all) < answered || len(all) > answered+5 {
		t.Errorf("%d answered, %d kept", answered, len(all))
	}
}

func FuzzArrivalLines(f *testing.F) {
	good, err := json.Marshal(Arrival{Seq: 1, Outcome: Accepted, Mails: []Mail{{ID: "a", To: []string{"x"}}}, Events: []json.RawMessage{json.RawMessage(`{"sg_event_id":"e"}`)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(good, '\n'))
	f.Add([]byte("{}\n{"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "arrivals.jsonl"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, err := openStore(dir)
		if err != nil {
			return
		}
		defer s.close()
		before := s.seq
		if err := s.add(Arrival{Outcome: Refused}); err != nil || s.seq != before+1 {
			t.Fatalf("opened, but takes nothing: %v", err)
		}
	})
}
