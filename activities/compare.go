package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

const (
	// compareEvery so many rounds a page is compared: histories are long, and
	// what is found this way is rare.
	compareEvery  = 6
	requestsAPage = 25
	personsAPage  = 100

	// roundsKept is how long finished rounds of upkeep can be looked at.
	roundsKept   = time.Hour
	roundsAtOnce = 200

	// opening: a request younger than this may still be starting.
	opening = time.Minute
	// overlong: an opening that nobody carried on for this long needs a person.
	overlong = time.Hour
)

// forget drops what earlier rounds left in the engine.
func (s *Sweeper) forget(ctx context.Context) error {
	return s.Engine.Forget(ctx, s.Clock.Now().Add(-roundsKept), roundsAtOnce)
}

// mend fills holes in recorded histories from the workflow that knows them.
func (s *Sweeper) mend(ctx context.Context) error {
	gaps, err := s.Store.Gaps(ctx, gapsAtOnce)
	if err != nil {
		return fmt.Errorf("list gaps: %w", err)
	}
	missing := map[string][]int64{}
	var order []string
	for _, gap := range gaps {
		if missing[gap.RequestID] == nil {
			order = append(order, gap.RequestID)
		}
		missing[gap.RequestID] = append(missing[gap.RequestID], gap.Seq)
	}
	return each(ctx, order, func(ctx context.Context, request string) error {
		return s.fill(ctx, request, missing[request])
	})
}

func (s *Sweeper) fill(ctx context.Context, request string, missing []int64) error {
	recording, err := s.Engine.History(ctx, request, missing[0]-1)
	if err != nil && !errors.Is(err, ErrNoWorkflow) {
		return fmt.Errorf("ask for history: %w", err)
	}
	if err := s.record(ctx, recording); err != nil {
		return err
	}
	for _, seq := range missing {
		if recording.holds(seq) {
			continue
		}
		if err := s.alarm(ctx, AlarmGap, request, map[string]any{"seq": seq}); err != nil {
			return err
		}
	}
	return nil
}

func (r Recording) holds(seq int64) bool {
	for _, event := range r.Events {
		if event.Seq == seq {
			return true
		}
	}
	return false
}

// record writes down what a workflow answered, and the read model with it.
// Another content on record is an alarm and for a person to settle.
func (s *Sweeper) record(ctx context.Context, recording Recording) error {
	if len(recording.Events) == 0 {
		return nil
	}
	recording.Anew = true
	recorded, err := s.Recorder.Record(ctx, recording)
	if errors.Is(err, ErrSeqConflict) {
		return s.alarm(ctx, AlarmRecordDiffers, recording.RequestID, nil)
	}
	if err != nil {
		return fmt.Errorf("record history: %w", err)
	}
	poke(ctx, s.Engine, s.Log, recorded.Poke)
	return nil
}

// compareRequests compares a page of live requests with their workflows, event
// by event, and answers where the next page begins.
func (s *Sweeper) compareRequests(ctx context.Context, after string) (string, error) {
	live, err := s.Store.LiveRequests(ctx, after, requestsAPage)
	if err != nil {
		return after, fmt.Errorf("list live requests: %w", err)
	}
	next := ""
	if len(live) == requestsAPage {
		next = live[len(live)-1].RequestID
	}
	return next, each(ctx, live, s.compare)
}

func (s *Sweeper) compare(ctx context.Context, live LiveRequest) error {
	age := s.Clock.Now().Sub(live.Since)
	if age < opening {
		return nil
	}
	presence, err := s.Engine.RequestPresence(ctx, live.RequestID)
	switch {
	case err != nil:
		return fmt.Errorf("look for request: %w", err)
	case presence.Known:
		return s.verify(ctx, live, presence)
	case live.Seq > 1:
		return s.alarm(ctx, AlarmWorkflowMissing, live.RequestID, nil)
	case live.Seq == 1:
		return s.restart(ctx, live)
	case age > overlong:
		return s.alarm(ctx, AlarmNeverStarted, live.RequestID, nil)
	default:
		return nil // its command is carried on
	}
}

// verify records all that a workflow knows once more: what is there already
// changes no event, what is missing is filled in, what differs is an alarm.
func (s *Sweeper) verify(ctx context.Context, live LiveRequest, presence Presence) error {
	recording, err := s.Engine.History(ctx, live.RequestID, 0)
	if err != nil {
		return fmt.Errorf("ask for history: %w", err)
	}
	if err := s.record(ctx, recording); err != nil {
		return err
	}
	switch {
	case recording.Row.Seq < live.Seq:
		detail := map[string]any{"recorded": live.Seq, "known": recording.Row.Seq}
		return s.alarm(ctx, AlarmEngineBehind, live.RequestID, detail)
	case !presence.Running && recording.Row.Stage != tdr.Closed:
		return s.alarm(ctx, AlarmWorkflowEnded, live.RequestID, nil)
	default:
		return nil
	}
}

// restart begins the workflow of a request that never started: nothing but its
// opening is on record. Any later event would prove that it ran, and then the
// record may be the shorter of the two.
func (s *Sweeper) restart(ctx context.Context, live LiveRequest) error {
	event, err := s.Store.Opening(ctx, live.RequestID)
	if err != nil {
		return fmt.Errorf("read opening: %w", err)
	}
	err = s.Engine.Restart(ctx, event)
	if errors.Is(err, ErrWorkflowClosed) {
		return s.alarm(ctx, AlarmWorkflowEnded, live.RequestID, nil)
	}
	if err != nil {
		return fmt.Errorf("restart request: %w", err)
	}
	return nil
}

// comparePersons wakes the custody clock of every detained person who has none.
func (s *Sweeper) comparePersons(ctx context.Context, after string) (string, error) {
	persons, err := s.Store.DetainedPersons(ctx, after, personsAPage)
	if err != nil {
		return after, fmt.Errorf("list detained persons: %w", err)
	}
	next := ""
	if len(persons) == personsAPage {
		next = persons[len(persons)-1]
	}
	return next, each(ctx, persons, func(ctx context.Context, person string) error {
		presence, err := s.Engine.CustodyPresence(ctx, person)
		if err != nil {
			return fmt.Errorf("look for custody clock: %w", err)
		}
		if presence.Running {
			return nil
		}
		return s.Engine.Watch(ctx, person)
	})
}

func (s *Sweeper) alarm(ctx context.Context, kind, request string, detail map[string]any) error {
	if err := s.Store.Alarm(ctx, kind, request, "", detail); err != nil {
		return fmt.Errorf("raise alarm: %w", err)
	}
	return nil
}
