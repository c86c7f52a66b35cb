package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// LiftHold ends a hold on the word of its authority.
func (s *Server) LiftHold(ctx context.Context, r contract.LiftHoldRequestObject) (contract.LiftHoldResponseObject, error) {
	hold, seen, err := s.hold(ctx, r.Id, identity.LiftHold)
	if err != nil {
		return nil, err
	}
	caller := principalOf(ctx)
	if err := s.secondPerson(ctx, hold); err != nil {
		return nil, err
	}
	if string(r.Body.Authority) != hold.Authority {
		var faults fieldErrors
		faults.add("authority", "is not the authority of the hold, on whose word alone it ends")
		return s.again(ctx, r.Params.IdempotencyKey, faults.problem())
	}
	lifting := Lifting{CommandID: r.Params.IdempotencyKey, HoldID: hold.ID, By: caller.Subject, Source: r.Body.Source, Reason: r.Body.Reason}
	return s.perform(ctx, NewCommand{
		ID: lifting.CommandID, Operation: string(identity.LiftHold), PersonID: hold.PersonID, RequestID: hold.RequestID, Text: r.Body.Note,
	}, liftingInput{Lifting: lifting, Seen: mapped(seen, requestID)})
}

// PreviewLifting tells what lifting a hold now would set free. It lifts nothing.
func (s *Server) PreviewLifting(ctx context.Context, r contract.PreviewLiftingRequestObject) (contract.PreviewLiftingResponseObject, error) {
	hold, seen, err := s.hold(ctx, r.Id, identity.LiftHold)
	if err != nil {
		return nil, err
	}
	if !hold.LiftedAt.IsZero() {
		return nil, fmt.Errorf("preview lifting: %w", ErrAlreadyLifted)
	}
	back, err := s.holds.GoesBack(ctx, hold.ID)
	if err != nil {
		return nil, fmt.Errorf("preview lifting: %w", err)
	}
	lifted := LiftedHold{Hold: Hold{LiftedAt: s.clock.Now()}, GoesBack: back}
	return contract.PreviewLifting200JSONResponse{GoesBack: liftingInput{Seen: mapped(seen, requestID)}.goesBack(lifted)}, nil
}

// liftingInput is what a stored lifting carries on from.
type liftingInput struct {
	Lifting
	Seen []string // what goes back of other requests is told without naming them
}

func (l liftingInput) goesBack(lifted LiftedHold) []contract.GoesBack {
	return mapped(lifted.GoesBack, func(back GoesBack) contract.GoesBack {
		view := contract.GoesBack{Stage: back.Stage, StillHeld: back.StillHeld}
		if slices.Contains(l.Seen, back.RequestID) {
			view.RequestId, view.Code, view.CameBack, view.Awaited = back.RequestID, back.Code, back.CameBack, back.Awaited
		}
		if !back.StillHeld {
			view.From = utc(lifted.LiftedAt)
		}
		return view
	})
}

// secondPerson: whoever placed a claim to citizenship neither decides upon it nor
// puts off its review nor lifts it, nor does who ever had a case of the person or had a hand in what was to leave of them,
// whichever of their roles sees the case now.
func (s *Server) secondPerson(ctx context.Context, hold Hold) error {
	if hold.Kind != CitizenshipClaim {
		return nil
	}
	worked, err := s.holds.WorkedOn(ctx, hold.Binds)
	if err != nil {
		return fmt.Errorf("read who worked on person: %w", err)
	}
	if slices.Contains(append(worked, hold.PlacedBy), principalOf(ctx).Subject) {
		return newProblem(samePerson, "who had a case of the person, had a hand in what was to leave of them or placed the claim neither decides upon it nor lifts it")
	}
	return nil
}

// finishLifting lifts a hold whose lifting is stored.
func (c *Carrier) finishLifting(ctx context.Context, stored StoredCommand) (Answer, error) {
	var lifting liftingInput
	if err := json.Unmarshal(stored.Input, &lifting); err != nil {
		return Answer{}, fmt.Errorf("read stored lifting: %w", err)
	}
	lifted, err := c.holds.Lift(ctx, lifting.Lifting)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusOK, contract.LiftedHold{Hold: holdOf(lifted.Hold, true), GoesBack: lifting.goesBack(lifted)}, nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}
