package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// TestMain lets the test program play the parts of a town.
func TestMain(m *testing.M) {
	if Playing(os.Getenv) {
		if err := Play(os.Getenv, os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// rise founds a town that falls with the test.
func rise(t *testing.T) *Town {
	t.Helper()
	town, err := Found(trial.Folder(t).Path(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(town.Logs())
		}
		if err := town.Fall(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := town.Rise(t.Context()); err != nil {
		t.Fatal(err)
	}
	return town
}

// number reads a setting for longer runs.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return value
}

// leastKills is what a run has to survive.
const leastKills = 20

// unknownWait is for how long a mail whose answer was lost is not repeated,
// and some more, so that it has been repeated after it.
const unknownWait = 31 * time.Minute

// TestLivesEndAsIfNothingHadHappened kills every part of a running system in the
// middle of lives. CHAOS_SEED repeats a run's strikes, CHAOS_KILLS makes it longer.
func TestLivesEndAsIfNothingHadHappened(t *testing.T) {
	seed := number(t, "CHAOS_SEED", uint64(time.Now().UnixNano()))
	kills := int(number(t, "CHAOS_KILLS", leastKills+2))
	lives, waiting := int(number(t, "CHAOS_LIVES", 12)), 4
	t.Logf("repeat with CHAOS_SEED=%d CHAOS_KILLS=%d", seed, kills)

	began := time.Now()
	town := rise(t)
	t.Logf("all parts ready after %v", time.Since(began).Round(time.Millisecond))
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(kills)*10*time.Second+3*time.Minute)
	defer cancel()

	diaryPath := filepath.Join(t.TempDir(), "diary.jsonl")
	crowd := gather(t, town, diaryPath)
	crowd.Held = 4 // at least one of each kind of race
	crowded := make(chan error, 1)
	go func() { crowded <- crowd.Run(ctx, seed, lives, waiting) }()

	strikeAll(t, ctx, town, crowd, seed, kills)
	settle(t, ctx, town, crowd, crowded, waiting)
	askedBack(t, ctx, crowd)

	again, err := crowd.Caller.Again(ctx)
	if err != nil {
		t.Fatal(err)
	}
	diary, err := readLines[Entry](diaryPath)
	if err != nil {
		t.Fatal(err)
	}
	arrivals, err := readLines[maildrop.Arrival](arrivalsOf(town))
	if err != nil {
		t.Fatal(err)
	}
	verdict := Judge(Evidence{Diary: diary, Served: inTheEnd(t, ctx, crowd, diary), Again: again, Arrivals: arrivals})
	t.Logf("%d lives, %d commands in %d attempts, %d events, %d mails (%d asks repeated), %d lives went on without their mails, %d reads had a hole %v, %v",
		verdict.Lives, verdict.Commands, verdict.Attempts, verdict.Events, verdict.Mails, verdict.Repeats, verdict.Impatient, verdict.Holes, verdict.Missing,
		time.Since(began).Round(time.Second))
	t.Logf("of the sends that raced with a hold %d were named in its answer, %d heard of by the post, %d of these asked back before it ended, %d refused",
		verdict.Named, verdict.Arrived, verdict.Recalled, verdict.Refused)
	for _, fault := range verdict.Faults {
		t.Error(fault)
	}
	if verdict.Lives < lives || verdict.Mails == 0 || verdict.Named == 0 || verdict.Recalled == 0 || verdict.Refused == 0 {
		t.Error("too little happened to judge anything")
	}
	inOrder(t, ctx, town)
	for _, ended := range town.EndedAlone() {
		t.Logf("ended by itself and was started again: %s", ended)
	}
}

func arrivalsOf(town *Town) string { return town.House.State.Path("maildrop", "arrivals.jsonl") }

// gather brings clients together who write a diary.
func gather(t *testing.T, town *Town, diaryPath string) *Crowd {
	t.Helper()
	diary, err := NewDiary(diaryPath)
	if err != nil {
		t.Fatal(err)
	}
	caller := NewCaller(town.House.URL(system.APIPort), town.House.URL(system.IdentityPort), diary)
	crowd, err := NewCrowd(caller, NewPost(arrivalsOf(town)), diary, town.House.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return crowd
}

// strikeAll carries the plan out. Each strike must meet lives that are under way.
func strikeAll(t *testing.T, ctx context.Context, town *Town, crowd *Crowd, seed uint64, kills int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	for i, strike := range Plan(random, kills) {
		slow(t, ctx, town, i)
		if err := pause(ctx, strike.After); err != nil {
			t.Fatal(err)
		}
		open, at := crowd.Open(), time.Now()
		what, err := town.Strike(ctx, random, strike)
		if err != nil {
			t.Fatalf("strike %d, %s: %v", i+1, what, err)
		}
		t.Logf("strike %2d after %4d ms: %s, with %d lives under way; ready again after %v",
			i+1, strike.After.Milliseconds(), what, open, time.Since(at).Round(time.Millisecond))
		if open == 0 {
			t.Errorf("strike %d met no life", i+1)
		}
	}
}

// slow has the drop take its time with the next mails, so that strikes meet
// mails whose fate nobody knows yet, and now and then keep one without a word.
func slow(t *testing.T, ctx context.Context, town *Town, turn int) {
	t.Helper()
	rules := []maildrop.Rule{{Action: "delay", Milliseconds: 400, Count: 20}}
	if turn%4 == 0 {
		rules = append(rules, maildrop.Rule{Action: "accept_then_hang", Count: 1})
	}
	for _, rule := range rules {
		if err := control(ctx, town, rule); err != nil {
			t.Fatal(err)
		}
	}
}

func control(ctx context.Context, town *Town, rule maildrop.Rule) error {
	body, err := json.Marshal(rule)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, town.House.URL(system.MailPort)+"/control", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("control the drop: %s", response.Status)
	}
	return nil
}

// settle lets the lives end, moves the clock over the wait for lost answers of
// the mail provider, and then lets those act who waited for it.
func settle(t *testing.T, ctx context.Context, town *Town, crowd *Crowd, crowded chan error, waiting int) {
	t.Helper()
	began := time.Now()
	close(crowd.Quiet)
	if err := control(ctx, town, maildrop.Rule{Action: "reset"}); err != nil {
		t.Fatal(err)
	}
	for crowd.Open() > waiting {
		select {
		case err := <-crowded:
			t.Fatalf("the lives ended early: %v", err)
		case <-time.After(glance):
		}
	}
	t.Logf("the lives that did not wait ended %v after the last strike", time.Since(began).Round(time.Millisecond))
	forward(t, ctx, town)
	close(crowd.Late)
	if err := <-crowded; err != nil {
		t.Errorf("a life failed: %v", err)
	}
	t.Logf("all lives ended %v after the last strike", time.Since(began).Round(time.Millisecond))
}

// askedBack waits until every package that the post has heard of is asked back,
// as all are by the end of their lives. If one never is, the judge says so.
func askedBack(t *testing.T, ctx context.Context, crowd *Crowd) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		codes, err := crowd.Post.Outstanding()
		if err != nil {
			t.Fatal(err)
		}
		if len(codes) == 0 {
			return
		}
		if err := pause(ctx, glance); err != nil {
			t.Fatal(err)
		}
	}
}

// inOrder asks the doctor too, who would know of an alarm. It is no judge: what
// it reads are the tables of what is judged.
func inOrder(t *testing.T, ctx context.Context, town *Town) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		faults, err := town.Examine(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the doctor finds %v", faults)
			return
		}
		if err := pause(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

func forward(t *testing.T, ctx context.Context, town *Town) {
	t.Helper()
	mover, done, err := town.House.Mover(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	began := time.Now()
	if err := mover.FastForward(ctx, unknownWait); err != nil {
		t.Fatal(err)
	}
	t.Logf("moved the clock by %v in %v", unknownWait, time.Since(began).Round(time.Millisecond))
}

// inTheEnd asks the API for everything that it has about the lives.
func inTheEnd(t *testing.T, ctx context.Context, crowd *Crowd, diary []Entry) map[string]Served {
	t.Helper()
	served := map[string]Served{}
	for _, entry := range diary {
		if entry.Kind != Read {
			continue
		}
		if _, known := served[entry.Request]; known {
			continue
		}
		var detail struct {
			Request struct {
				Code    string      `json:"code"`
				Stage   tdr.Stage   `json:"stage"`
				Outcome tdr.Outcome `json:"outcome"`
				Seq     int64       `json:"seq"`
			} `json:"request"`
		}
		reader := cast.Officer(0) // of the same office
		if err := crowd.Caller.Fetch(ctx, reader, "/v1/requests/"+entry.Request, &detail); err != nil {
			t.Fatal(err)
		}
		events, err := crowd.Caller.Events(ctx, reader, entry.Request)
		if err != nil {
			t.Fatal(err)
		}
		served[entry.Request] = Served{detail.Request.Code, detail.Request.Stage, detail.Request.Outcome, detail.Request.Seq, events}
	}
	everything(t, ctx, crowd, served)
	return served
}

// everything adds requests that the API lists and no client knows of: an
// opening that was carried out twice, for instance.
func everything(t *testing.T, ctx context.Context, crowd *Crowd, served map[string]Served) {
	t.Helper()
	for cursor := ""; ; {
		var page struct {
			Requests []struct {
				ID    string    `json:"id"`
				Stage tdr.Stage `json:"stage"`
			} `json:"requests"`
			Next string `json:"next"`
		}
		path := "/v1/requests?limit=200"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		if err := crowd.Caller.Fetch(ctx, cast.Officer(0), path, &page); err != nil {
			t.Fatal(err)
		}
		for _, request := range page.Requests {
			if _, known := served[request.ID]; !known {
				served[request.ID] = Served{Stage: request.Stage}
			}
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}
