package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// CitizenshipClaim is the hold that no case officer of the person, past or present, lifts.
const CitizenshipClaim = "citizenship_claim"

// PlaceHold stops everything that would leave in a scope.
func (s *Server) PlaceHold(ctx context.Context, r contract.PlaceHoldRequestObject) (contract.PlaceHoldResponseObject, error) {
	hold, err := s.holdFrom(ctx, *r.Body)
	if err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	hold.ID, hold.PlacedBy = r.Params.IdempotencyKey, principalOf(ctx).Subject
	seen, err := s.human(ctx, hold.PersonID, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	return s.perform(ctx, NewCommand{
		ID: hold.ID, Operation: string(identity.PlaceHold), PersonID: hold.PersonID, RequestID: hold.RequestID, Text: r.Body.Note,
	}, holdInput{Hold: hold, Seen: mapped(seen, requestID)})
}

func requestID(v RequestView) string { return v.RequestID }

// holdInput is what a stored hold carries on from.
type holdInput struct {
	Hold
	// Seen are the requests that the caller may see: what may have left of others
	// is told without naming them.
	Seen []string
}

// recallsFor tells of what left; which request each is of, only to who may see it.
func recallsFor(seen []string, recalls []Recall) []contract.Recall {
	return mapped(recalls, func(r Recall) contract.Recall {
		if !slices.Contains(seen, r.RequestID) {
			r.RequestID, r.Code = "", ""
		}
		return recallOf(r)
	})
}

// perform stores a command that is no change of a request, and does it.
func (s *Server) perform(ctx context.Context, command NewCommand, input any) (kept, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return kept{}, fmt.Errorf("write command: %w", err)
	}
	command.Input, command.Principal, command.Fingerprint = raw, principalOf(ctx).Subject, callOf(ctx).fingerprint()
	stored, _, err := s.commands.Store(ctx, command)
	if err != nil {
		return kept{}, fmt.Errorf("store command: %w", err)
	}
	return s.settle(ctx, stored)
}

// holdFrom checks what a body says of a hold, and whether the caller may place it there.
func (s *Server) holdFrom(ctx context.Context, body contract.NewHold) (Hold, error) {
	var faults fieldErrors
	hold := Hold{
		PersonID: body.PersonId, Scope: string(body.Scope), Country: body.Country, RequestID: body.RequestId, Kind: string(body.Kind),
		Authority: string(body.Authority), Source: body.Source, Dated: body.Dated, ReviewBy: body.ReviewBy,
	}
	checkAuthority(&hold, &faults)
	today, err := s.officeDate(ctx, hold)
	if err != nil {
		return Hold{}, err
	}
	// Where the source was made it can be a day later.
	if hold.Dated.After(today.AddDays(1)) {
		faults.add("dated", "lies in the future")
	}
	setReview(&hold, today, &faults)
	if !body.ExpiresOn.IsZero() || body.ExpiresZone != "" {
		if body.Authority == "" {
			faults.add("authority", "is who set the last day, and has to be named with it")
		}
		hold.Expiry = expiryFrom(hold.Kind, HoldExpiry{On: body.ExpiresOn, Zone: body.ExpiresZone, Source: hold.Source}, s.clock.Now(), "", &faults)
	}
	checkScope(hold, &faults)
	if hold.Country != "" {
		// A hold of a country that does not exist would stop nothing.
		s.packFor(hold.Country, today, &faults)
	}
	if err := faults.problem(); err != nil {
		return Hold{}, err
	}
	// A last day lifts in advance, so only who may lift enters one.
	for _, operation := range []identity.Operation{identity.PlaceHold, identity.LiftHold} {
		if operation == identity.LiftHold && hold.Expiry.On.IsZero() {
			break
		}
		if err := s.mayHold(ctx, &hold, operation); err != nil {
			return Hold{}, err
		}
	}
	return hold, nil
}

// mayHold: the caller may do what it is in the hold's scope, whose person is filled in.
func (s *Server) mayHold(ctx context.Context, hold *Hold, operation identity.Operation) error {
	if hold.Scope != requestScope {
		_, err := s.person(ctx, hold.PersonID, operation)
		return err
	}
	view, err := s.request(ctx, hold.RequestID)
	if err != nil {
		return err
	}
	hold.PersonID = view.PersonID
	if !s.policy.Allows(principalOf(ctx), operation, view.Subject()) {
		return newProblem(forbidden, "")
	}
	return nil
}

// checkScope: the kind has the scope, and each scope its own fields.
func checkScope(hold Hold, faults *fieldErrors) {
	if CheckHoldScope(hold) != nil {
		faults.add("scope", "is not for a hold of this kind, which is placed on the %s", strings.Join(HoldScopes(hold.Kind), " or the "))
	}
	wanted := map[string][3]bool{personScope: {true, false, false}, countryScope: {true, true, false}, requestScope: {false, false, true}}[hold.Scope]
	for i, field := range []struct{ name, value string }{
		{"person_id", hold.PersonID}, {"country", hold.Country}, {"request_id", hold.RequestID},
	} {
		switch {
		case wanted[i] && field.value == "":
			faults.add(field.name, "is missing for the scope %s", hold.Scope)
		case !wanted[i] && field.value != "":
			faults.add(field.name, "does not belong to the scope %s", hold.Scope)
		}
	}
}

// finishHold places a stored hold.
func (c *Carrier) finishHold(ctx context.Context, stored StoredCommand) (Answer, error) {
	var hold holdInput
	if err := json.Unmarshal(stored.Input, &hold); err != nil {
		return Answer{}, fmt.Errorf("read stored hold: %w", err)
	}
	placed, err := c.holds.Place(ctx, hold.Hold)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	c.poke(ctx, placed.Poke)
	body := contract.HoldPlaced{Hold: holdOf(placed.Hold, true), MayHaveLeft: recallsFor(hold.Seen, placed.MayHaveLeft)}
	answer, err := jsonAnswer(http.StatusCreated, body, map[string]string{"Location": "/v1/holds/" + hold.ID})
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// hold reads a hold that binds a person whom the caller may see, and the requests
// in sight of those whom it binds. What is done to it is allowed under the person on
// whom it was placed: a merge makes nobody its authority.
func (s *Server) hold(ctx context.Context, id string, operation identity.Operation) (Hold, []RequestView, error) {
	hold, err := s.holds.Hold(ctx, id)
	if err != nil {
		return Hold{}, nil, fmt.Errorf("read hold: %w", err)
	}
	seen, err := s.bound(ctx, hold, map[string][]RequestView{})
	if err != nil || operation == identity.ReadRequests {
		return hold.as(seen), seen, err
	}
	allowed := func(v RequestView) bool {
		return v.PersonID == hold.PersonID && s.policy.Allows(principalOf(ctx), operation, v.Subject())
	}
	if !slices.ContainsFunc(seen, allowed) {
		err = newProblem(forbidden, "")
	}
	return hold, seen, err
}

// covers tells whether a request is in the hold's scope.
func (h Hold) covers(v RequestView) bool {
	switch h.Scope {
	case countryScope:
		return h.Country == v.Country
	case requestScope:
		return h.RequestID == v.RequestID
	}
	return true
}

// reached leaves the requests in a hold's scope, so that who sees another one of
// the person neither reads the hold nor ends it. One of a country that no request
// has asked yet is for who needs to know what stands, and for who placed it: that
// it stands and holds nothing would tell anyone else of which kind it is.
func (s *Server) reached(ctx context.Context, hold Hold, seen []RequestView) ([]RequestView, error) {
	if hold.PlacedBy == principalOf(ctx).Subject {
		return seen, nil
	}
	covered := slices.DeleteFunc(slices.Clone(seen), func(v RequestView) bool { return !hold.covers(v) })
	if len(covered) > 0 || hold.Scope != countryScope {
		return covered, nil
	}
	for _, record := range hold.Binds {
		all, err := s.reads.RequestsOf(ctx, record)
		if err != nil {
			return nil, fmt.Errorf("read requests of person: %w", err)
		}
		if slices.ContainsFunc(all, hold.covers) {
			return nil, nil
		}
	}
	return slices.DeleteFunc(seen, func(v RequestView) bool {
		return !s.policy.Allows(principalOf(ctx), identity.ReadHolds, v.Subject())
	}), nil
}

// bound gives the requests in sight of all whom a hold binds, as far as its scope
// reaches; ErrNotFound when there are none. known keeps what was looked up of each record.
func (s *Server) bound(ctx context.Context, hold Hold, known map[string][]RequestView) ([]RequestView, error) {
	var seen []RequestView
	for _, record := range hold.Binds {
		if _, asked := known[record]; !asked {
			var err error
			known[record], err = s.person(ctx, record, identity.ReadRequests)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
		}
		seen = append(seen, known[record]...)
	}
	seen, err := s.reached(ctx, hold, seen)
	if err == nil && len(seen) == 0 {
		err = ErrNotFound
	}
	return seen, err
}

// as names a record that the caller sees: a hold that came by a merge looks like any other.
func (h Hold) as(seen []RequestView) Hold {
	if len(seen) > 0 && !slices.ContainsFunc(seen, func(v RequestView) bool { return v.PersonID == h.PersonID }) {
		h.PersonID = seen[0].PersonID
	}
	return h
}

// GetHold reads one hold.
func (s *Server) GetHold(ctx context.Context, r contract.GetHoldRequestObject) (contract.GetHoldResponseObject, error) {
	hold, seen, err := s.hold(ctx, r.Id, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	return contract.GetHold200JSONResponse(holdOf(hold, s.needsToKnow(ctx, hold, seen))), nil
}

// needsToKnow: the kind of a hold can tell of an asylum claim (8 CFR 208.6), so
// only roles that need it see more than that one stands; who placed it knows.
func (s *Server) needsToKnow(ctx context.Context, hold Hold, of []RequestView) bool {
	return hold.PlacedBy == principalOf(ctx).Subject || slices.ContainsFunc(of, func(v RequestView) bool {
		return s.policy.Allows(principalOf(ctx), identity.ReadHolds, v.Subject())
	})
}

// ListHolds lists holds of persons whom the caller may see.
func (s *Server) ListHolds(ctx context.Context, r contract.ListHoldsRequestObject) (contract.ListHoldsResponseObject, error) {
	sight, err := s.mayRead(ctx, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	if r.Params.Country != "" {
		// Which country a hold is of is need to know.
		if sight, err = s.mayRead(ctx, identity.ReadHolds); err != nil {
			return nil, err
		}
	}
	page, err := pageOf(r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.holds.List(ctx, HoldFilter{
		Sight: sight, Knows: sightOf(s.policy, principalOf(ctx), identity.ReadHolds), PlacedBy: principalOf(ctx).Subject,
		PersonID: r.Params.Person, RequestID: r.Params.Request, Country: r.Params.Country,
		Standing: r.Params.Standing != nil && *r.Params.Standing, Page: page,
	})
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	rows, next := cut(rows, page, func(h Hold) (string, string) { return sortKey(h.PlacedAt), h.ID })
	views := make([]contract.Hold, 0, len(rows))
	known := map[string][]RequestView{}
	for _, hold := range rows {
		seen, err := s.bound(ctx, hold, known)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		views = append(views, holdOf(hold.as(seen), s.needsToKnow(ctx, hold, seen)))
	}
	return contract.ListHolds200JSONResponse{Holds: views, Next: next}, nil
}

// holdOf leaves out what only some need to know, so that every hold reads alike:
// even the scope tells, because withholding is of one country.
func holdOf(h Hold, known bool) contract.Hold {
	view := contract.Hold{
		Id: h.ID, PersonId: h.PersonID, Standing: h.LiftedAt.IsZero(), PlacedAt: utc(h.PlacedAt), LiftedAt: utc(h.LiftedAt),
	}
	if !known {
		return view
	}
	view.Scope, view.Country, view.RequestId = h.Scope, h.Country, h.RequestID
	view.Kind, view.Authority, view.Source, view.Dated, view.ReviewBy = h.Kind, h.Authority, h.Source, h.Dated, h.ReviewBy
	view.ExpiresOn, view.ExpiresZone, view.ExpiresAt, view.ExpirySource = h.Expiry.On, h.Expiry.Zone, utc(h.Expiry.At), h.Expiry.Source
	view.PlacedBy, view.LiftedBy, view.LiftSource, view.LiftReason = h.PlacedBy, h.LiftedBy, h.LiftSource, h.LiftReason
	view.Alike = h.Alike
	return view
}
