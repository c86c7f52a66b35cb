package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// departTime bounds an effect once it has begun, which it does while the
// authority behind it lasts; see Fence.StillAuthorised.
const departTime = 10 * time.Second

// reauthorisations bounds how often one call asks the gate anew when holds
// elsewhere keep raising the person's fence.
const reauthorisations = 5

// depart lets go what the engine has accepted, right after re-reading the
// fence. What the gate no longer lets leave is stopped, the request hears of it,
// and the caller is told that nothing left.
func (c *Carrier) depart(ctx context.Context, view RequestView, command tdr.Command) error {
	asked, leaves := authorisationOf(view, command)
	if !leaves {
		return nil
	}
	dispatch, err := c.dispatches.Dispatch(ctx, asked.CommandID)
	if err != nil {
		return fmt.Errorf("read dispatch: %w", err)
	}
	for range reauthorisations {
		begun, err := c.fence.StillAuthorised(ctx, dispatch.ID)
		if err != nil {
			return fmt.Errorf("re-read the fence: %w", err)
		}
		if begun {
			return c.leave(ctx, dispatch)
		}
		gate, err := c.gate(ctx, view, asked)
		if err != nil {
			return err
		}
		if gate.Dispatch == "" {
			return c.stop(ctx, dispatch)
		}
	}
	return fmt.Errorf("the fence of dispatch %s keeps moving: %w", dispatch.ID, ErrUnavailable)
}

// errStopped: what was accepted to leave was stopped before it left.
var errStopped = errors.New("stopped before it left")

// stop ends what the gate no longer lets leave, unless it may have left before.
func (c *Carrier) stop(ctx context.Context, dispatch Dispatch) error {
	poke, err := c.fence.Stop(ctx, dispatch.ID)
	if err != nil {
		return fmt.Errorf("stop dispatch: %w", err)
	}
	c.poke(ctx, poke)
	ended, err := c.dispatches.Dispatch(ctx, dispatch.ID)
	if err != nil {
		return fmt.Errorf("read dispatch: %w", err)
	}
	if ended.Status == DispatchStopped {
		return errStopped
	}
	return nil
}

// leave does the effect. A crash on either side of it is carried on: the
// gateway lets nothing leave twice.
func (c *Carrier) leave(ctx context.Context, dispatch Dispatch) error {
	bounded, cancel := context.WithTimeout(ctx, departTime)
	defer cancel()
	told, err := c.gateway.Depart(bounded, dispatch)
	if err != nil {
		return fmt.Errorf("let dispatch %s leave: %w", dispatch.ID, err)
	}
	recalled, err := c.fence.Left(ctx, dispatch.ID)
	// What asks a thing back may have made the mail about it moot before it is begun.
	c.poke(ctx, append(told, recalled...))
	return err
}

// authorisationOf is what a command asks the gate, if anything is to leave by it.
func authorisationOf(view RequestView, command tdr.Command) (Authorisation, bool) {
	asked := Authorisation{CommandID: command.ID, RequestID: view.RequestID, Kind: command.Act.Name(), By: command.Actor.ID}
	switch act := command.Act.(type) {
	case *tdr.Send:
		asked.Channel, asked.Content = act.Channel, act.Content
	case *tdr.AnswerInformation:
		asked.Channel, asked.Content = act.Channel, act.Content
	case *tdr.RecordContact:
		if act.Fact == nil || act.Fact.Channel == "" {
			return Authorisation{}, false
		}
		asked.Channel = act.Fact.Channel // a question; it carries nothing
	default:
		return Authorisation{}, false
	}
	return asked, true
}

// gate asks whether something may leave for the request's post as the
// directory knows it now.
func (c *Carrier) gate(ctx context.Context, view RequestView, asked Authorisation) (tdr.Gate, error) {
	snapshot, err := c.directory.Snapshot(ctx)
	if err != nil {
		return tdr.Gate{}, fmt.Errorf("read directory: %w", err)
	}
	post, valid := snapshot.PostOn(view.Post, c.clock.Now())
	if !valid {
		post.Country = "" // a post that is no more is of no country
	}
	gate, err := c.fence.Authorise(ctx, asked, post.Country)
	if err != nil {
		return tdr.Gate{}, fmt.Errorf("authorise dispatch: %w", err)
	}
	return gate, nil
}

// channelsOf maps the terms in which country packs name a way to the channels
// of the core. It is the one place that knows both.
func channelsOf() map[string]tdr.Channel {
	return map[string]tdr.Channel{
		"etd": tdr.ByExternal, "portal": tdr.ByExternal, "email": tdr.ByNotice, "courier": tdr.ByCourier, "hand": tdr.ByCourier,
	}
}

// checkChannel: nothing leaves on a way that the country does not use.
func (s *Server) checkChannel(view RequestView, channel tdr.Channel, faults *fieldErrors) error {
	pack, err := s.packOf(view)
	if err != nil {
		return err
	}
	ways := channelsOf()
	for _, way := range pack.Channels {
		if ways[way.Kind] == channel {
			return nil
		}
	}
	if slices.Contains(tdr.Channels(), channel) {
		faults.add("channel", "is not a way that the country pack names")
	}
	return nil
}
