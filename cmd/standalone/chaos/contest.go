package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	benchscript "github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Contest is a race of a send with a hold, as its client saw it. Arrivals are
// counted by the numbers that the drop gives them.
type Contest struct {
	Send     string `json:"send"`     // the command that raced, whose id its dispatch has too
	Status   int    `json:"status"`   // of its answer
	Named    bool   `json:"named"`    // the answer to the hold says that it may have left and is asked back
	Late     int    `json:"late"`     // status of the answer to a send that began once the hold was answered
	Answered int64  `json:"answered"` // arrivals when the hold was answered
	Lifting  int64  `json:"lifting"`  // arrivals when the lifting was about to be asked for
}

// contest has a send and a hold race: by slot, the post has heard of what was
// sent, the hold is answered first, or both are under way at once. A second send
// begins once the hold is answered. Then the hold is lifted, and what did not
// leave is sent.
func (l *life) contest(ctx context.Context, step Step) error {
	hold, contest, err := l.race(ctx, step)
	if err != nil {
		return err
	}
	asked, late, err := l.fresh(ctx, step)
	if err != nil {
		return err
	}
	contest.Late = late.Status
	if late.Status != http.StatusOK {
		l.refused(asked, late)
	}
	told, err := l.Post.Heard(l.code)
	if err != nil {
		return err
	}
	if ofPackage(told) {
		if err := l.hears(ctx, ofRecall); err != nil {
			return err
		}
	}
	if contest.Lifting, err = l.Post.Arrived(); err != nil {
		return err
	}
	raw, err := json.Marshal(contest)
	if err != nil {
		return err
	}
	l.Diary.Note(Entry{Kind: Contested, Life: l.number, Request: l.request, Body: raw})
	if _, err := l.want(ctx, http.StatusOK, "lift_hold", cast.Counsel, "/v1/holds/"+hold+"/lifting", map[string]any{
		"authority": "counsel", "source": benchscript.Evidence, "reason": "cleared",
	}); err != nil {
		return err
	}
	if contest.Status == http.StatusOK {
		return l.look(ctx)
	}
	return l.insist(ctx, step)
}

// race is the race itself, with what became of it, and the hold.
func (l *life) race(ctx context.Context, step Step) (hold string, contest Contest, err error) {
	var asked command
	var sent Entry
	var placed placement
	var sendFault, holdFault error
	sending := func() { asked, sent, sendFault = l.fresh(ctx, step) }
	placing := func() { placed, holdFault = l.place(ctx) }
	switch l.slot % 3 {
	case 0:
		if sending(); sendFault == nil {
			sendFault = l.hears(ctx, ofPackage)
		}
		placing()
	case 1:
		placing()
		sending()
	default:
		var racing sync.WaitGroup
		racing.Go(sending)
		racing.Go(func() {
			if holdFault = pause(ctx, time.Duration(l.random.Int64N(int64(400*time.Millisecond)))); holdFault == nil {
				placing()
			}
		})
		racing.Wait()
	}
	if sendFault != nil {
		return "", Contest{}, sendFault
	}
	if holdFault != nil {
		return "", Contest{}, holdFault
	}
	if sent.Status == http.StatusOK {
		l.Caller.adopt(asked, sent)
	} else {
		l.refused(asked, sent)
	}
	return placed.id, Contest{Send: asked.key, Status: sent.Status, Named: slices.Contains(placed.named, asked.key), Answered: placed.arrived}, nil
}

// placement is a hold that was answered.
type placement struct {
	id      string
	named   []string // dispatches that may have left and are asked back
	arrived int64    // at the drop by then
}

func (l *life) place(ctx context.Context) (placement, error) {
	answer, err := l.want(ctx, http.StatusCreated, "place_hold", cast.Officer(l.slot), "/v1/holds", map[string]any{
		"scope": "person", "person_id": l.person, "kind": "counsel", "source": benchscript.Evidence,
		"dated": calendar.DateOf(l.Now().In(l.zone)).AddDays(-1),
	})
	if err != nil {
		return placement{}, err
	}
	arrived, err := l.Post.Arrived()
	if err != nil {
		return placement{}, err
	}
	var body struct {
		Hold        struct{ ID string }
		MayHaveLeft []struct{ Dispatch string } `json:"may_have_left"`
	}
	if err := json.Unmarshal(answer.Body, &body); err != nil {
		return placement{}, fmt.Errorf("read the answer to a hold: %w", err)
	}
	placed := placement{id: body.Hold.ID, arrived: arrived}
	for _, recall := range body.MayHaveLeft {
		placed.named = append(placed.named, recall.Dispatch)
	}
	return placed, nil
}

// want gives a command that is no step of the life, and has to get a status.
func (l *life) want(ctx context.Context, status int, operation, principal, path string, body any) (Entry, error) {
	asked, err := newCommand(l.number, operation, principal, path, "", l.request, body)
	if err != nil {
		return Entry{}, err
	}
	answer, err := NewCaller(l.Caller.API, l.Caller.Identity, nil).do(ctx, asked)
	if err == nil && answer.Status != status {
		err = fmt.Errorf("%s was answered %d: %s", operation, answer.Status, answer.Body)
	}
	return answer, err
}

// fresh gives the command of a step upon the request as it stands, again and
// again until nothing happened that its giver had not seen. The diary does not
// know of it.
func (l *life) fresh(ctx context.Context, step Step) (command, Entry, error) {
	quiet := NewCaller(l.Caller.API, l.Caller.Identity, nil)
	for {
		etag, err := quiet.version(ctx, cast.Who(step.By, l.slot), l.request)
		if err != nil {
			return command{}, Entry{}, err
		}
		asked, err := l.command(step, etag)
		if err != nil {
			return command{}, Entry{}, err
		}
		answer, err := quiet.do(ctx, asked)
		if err != nil || answer.Status != http.StatusPreconditionFailed {
			return asked, answer, err
		}
		if err := pause(ctx, glance); err != nil {
			return command{}, Entry{}, fmt.Errorf("%s always comes too late: %w", step.Name, err)
		}
	}
}

// insist gives the command of a step until it is accepted: what a hold did, and
// that a send was stopped, is told to the request at any moment.
func (l *life) insist(ctx context.Context, step Step) error {
	for {
		asked, answer, err := l.fresh(ctx, step)
		if err != nil {
			return err
		}
		if answer.Status == http.StatusOK {
			l.Caller.adopt(asked, answer)
			return l.look(ctx)
		}
		l.refused(asked, answer)
		if err := pause(ctx, glance); err != nil {
			return fmt.Errorf("%s is always refused, at last with %d %s: %w", step.Name, answer.Status, answer.Body, err)
		}
	}
}

func (l *life) refused(asked command, answer Entry) {
	entry := asked.entry(Refused)
	entry.Status = answer.Status
	l.Diary.Note(entry)
}

// postPatience is how long a mail to a post is waited for once nothing is killed
// any more: upkeep sends it, a round or two later, and its mailbox may be resting
// after what failed.
const postPatience = time.Minute

// hears waits until the post has heard something about the request. A mail whose
// fate is unknown may not come before the clock is moved.
func (l *life) hears(ctx context.Context, enough func(heard) bool) error {
	var quiet time.Time
	for quiet.IsZero() || time.Since(quiet) < postPatience {
		if quiet.IsZero() && closed(l.Quiet) {
			quiet = time.Now()
		}
		told, err := l.Post.Heard(l.code)
		if err != nil || enough(told) {
			return err
		}
		if err := pause(ctx, glance); err != nil {
			return err
		}
	}
	return nil
}

func ofPackage(told heard) bool { return len(told.Packages) > 0 }
func ofRecall(told heard) bool  { return len(told.Recalls) > 0 }
