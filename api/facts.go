package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Calendars are written down from one year back to six years ahead: as far as
// a fact can lie behind and a request is known to live.
const (
	calendarYearsBack  = 1
	calendarYearsAhead = 6
)

// factsFor finds out what the core cannot know, and names every field that
// points to nothing.
func (s *Server) factsFor(ctx context.Context, view RequestView, act tdr.Act) (tdr.Facts, error) {
	switch act := act.(type) {
	case *tdr.RequestReview:
		facts, err := s.reviewFacts(ctx, view, act)
		return facts, both(err, s.checkContent(ctx, view, act.Name(), act.Content))
	case *tdr.Approve:
		return tdr.Facts{}, s.checkContent(ctx, view, act.Name(), act.Content)
	case *tdr.Authenticate:
		return s.issuerFacts(ctx, view)
	case *tdr.Retry:
		return s.retryFacts(ctx, view, act)
	case *tdr.RecordTravel:
		return tdr.Facts{HoldStands: view.OnHold}, nil
	case *tdr.Reassign:
		return tdr.Facts{}, s.checkOfficer(ctx, act.Officer)
	case *tdr.ScheduleInterview:
		return tdr.Facts{}, checkZone(act.Zone)
	case *tdr.RecordNonCompliance:
		return tdr.Facts{}, s.checkStepSigned(ctx, view, act)
	case *tdr.RecordContact:
		if act.Fact != nil && act.Fact.Channel != "" {
			return tdr.Facts{}, s.checkReceiver(ctx, view, act)
		}
		return tdr.Facts{}, nil
	case *tdr.Send:
		return tdr.Facts{}, both(s.checkReceiver(ctx, view, act), s.checkContent(ctx, view, act.Name(), act.Content))
	case *tdr.AnswerInformation:
		return tdr.Facts{}, both(s.checkReceiver(ctx, view, act), s.checkContent(ctx, view, act.Name(), act.Content))
	default:
		return tdr.Facts{}, nil
	}
}

// packOf is the pack version that a request was opened under.
func (c *Carrier) packOf(view RequestView) (playbook.Pack, error) {
	if pack, ok := c.packs.Version(view.Country, view.PackVersion); ok {
		return pack, nil
	}
	pack, err := c.packs.Pack(view.Country, calendar.DateOf(view.OpenedAt.UTC()))
	if err != nil {
		return playbook.Pack{}, fmt.Errorf("find pack: %w", err)
	}
	return pack, nil
}

// reviewFacts: what is not on the checklist may not leave.
func (s *Server) reviewFacts(ctx context.Context, view RequestView, act *tdr.RequestReview) (tdr.Facts, error) {
	pack, err := s.packOf(view)
	if err != nil {
		return tdr.Facts{}, err
	}
	var facts tdr.Facts
	listed := map[string]bool{}
	for _, item := range pack.Checklist {
		listed[item.ID] = true
		if item.Required {
			facts.Required = append(facts.Required, item.ID)
		}
	}
	var faults fieldErrors
	for i, item := range act.Present {
		if !listed[item] {
			faults.add(fmt.Sprintf("present.%d", i), "is not on the checklist of the country pack")
		}
	}
	for i, gap := range act.Gaps {
		if !listed[gap.Item] {
			faults.add(fmt.Sprintf("gaps.%d.item", i), "is not on the checklist of the country pack")
		}
	}
	if err := s.agree(ctx, view, act, &faults); err != nil {
		return tdr.Facts{}, err
	}
	return facts, faults.problem()
}

// issuerFacts: where the post's list names the issuer, its days decide; the
// pack's list serves where nobody has kept one for the post.
func (s *Server) issuerFacts(ctx context.Context, view RequestView) (tdr.Facts, error) {
	found, err := s.reads.IssuerOf(ctx, view.RequestID)
	if err != nil {
		return tdr.Facts{}, fmt.Errorf("look the issuer up: %w", err)
	}
	if found.Known || found.Issuer == "" {
		return tdr.Facts{IssuerVerified: found.Listed}, nil
	}
	pack, err := s.packOf(view)
	if err != nil {
		return tdr.Facts{}, err
	}
	return tdr.Facts{IssuerVerified: pack.VerifiedIssuer(found.Issuer)}, nil
}

func (s *Server) retryFacts(ctx context.Context, view RequestView, act *tdr.Retry) (tdr.Facts, error) {
	if act.Post == "" {
		return tdr.Facts{}, nil
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return tdr.Facts{}, fmt.Errorf("read directory: %w", err)
	}
	var faults fieldErrors
	checkPost(snapshot, "post", act.Post, view.Country, s.clock.Now(), &faults)
	if err := faults.problem(); err != nil {
		return tdr.Facts{}, err
	}
	slice, err := s.calendarOf(snapshot, "post/"+act.Post)
	return tdr.Facts{PostTime: &slice}, err
}

// calendarOf writes the business time of an office or post down.
func (c *Carrier) calendarOf(snapshot directory.Snapshot, of string) (calendar.Slice, error) {
	today := calendar.DateOf(c.clock.Now().UTC())
	first := calendar.Date{Year: today.Year - calendarYearsBack, Month: time.January, Day: 1}
	last := calendar.Date{Year: today.Year + calendarYearsAhead, Month: time.December, Day: 31}
	return sliceOf(snapshot, of, first, last)
}

func checkPost(snapshot directory.Snapshot, field, id, country string, now time.Time, faults *fieldErrors) {
	post, valid := snapshot.PostOn(id, now)
	switch {
	case !valid && post.ID == "":
		faults.add(field, "there is no such post")
	case !valid:
		faults.add(field, "the post does not exist any more, or not yet")
	case post.Country != country:
		faults.add(field, "is no post of the country")
	}
}

// checkReceiver: nothing leaves for a post that is no more, or on a way that
// the country does not use. Whether the stage
// lets anything leave is said first, and elsewhere.
func (s *Server) checkReceiver(ctx context.Context, view RequestView, act tdr.Act) error {
	if move, _ := tdr.MoveOf(act.Name()); !slices.Contains(move.From, view.Stage) {
		return nil
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	var faults fieldErrors
	checkPost(snapshot, "post", view.Post, view.Country, s.clock.Now(), &faults)
	asked, _ := authorisationOf(view, tdr.Command{Act: act})
	if err := s.checkChannel(view, asked.Channel, &faults); err != nil {
		return err
	}
	return faults.problem()
}

func (s *Server) checkOfficer(ctx context.Context, id string) error {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	var faults fieldErrors
	officerIn(snapshot, id, s.clock.Now(), &faults)
	return faults.problem()
}

func officerIn(snapshot directory.Snapshot, id string, now time.Time, faults *fieldErrors) {
	person, valid := snapshot.PersonOn(id, now)
	switch {
	case !valid:
		faults.add("officer", "is not in the directory today")
	case !slices.Contains(person.Roles, directory.Officer):
		faults.add("officer", "is not a case officer")
	}
}

func checkZone(zone string) error {
	// The standard library reads this name as the machine's own zone.
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return fault("zone", "must be an IANA zone")
	}
	return nil
}
