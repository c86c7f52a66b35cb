package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// Carrier finishes commands that are on record: those that a caller waits for,
// and those that an outage left behind.
type Carrier struct {
	clock      Clock
	engine     Engine
	commands   Commands
	intakes    Intakes
	fence      Fence
	holds      Holds
	legal      LegalEvents
	persons    Persons
	consents   Consents
	merges     Merges
	issuers    Issuers
	reads      Reads
	documents  Documents
	packages   Packages
	legalHolds LegalHolds
	breakGlass BreakGlass
	dispatches Dispatches
	gateway    Gateway
	directory  Directory
	packs      playbook.Library
	log        *slog.Logger
	engineWait time.Duration
	newID      func() string
}

// NewCarrier takes from the configuration what finishing commands needs; the
// ports that only calls need may be nil.
func NewCarrier(config Config) (*Carrier, error) {
	for _, port := range []any{
		config.Clock, config.Engine, config.Commands, config.Intakes, config.Fence, config.Holds,
		config.LegalEvents, config.Reads, config.Directory, config.Documents, config.Packages, config.LegalHolds, config.BreakGlass,
		config.Persons, config.Merges, config.Issuers, config.Consents,
		config.Dispatches, config.Gateway,
	} {
		if port == nil {
			return nil, errors.New("configure api: a port is missing")
		}
	}
	if config.Log == nil {
		return nil, errors.New("configure api: a log is missing")
	}
	c := &Carrier{
		clock: config.Clock, engine: config.Engine, commands: config.Commands, intakes: config.Intakes,
		fence: config.Fence, holds: config.Holds, legal: config.LegalEvents, reads: config.Reads,
		documents: config.Documents, legalHolds: config.LegalHolds,
		breakGlass: config.BreakGlass,
		persons:    config.Persons, merges: config.Merges, issuers: config.Issuers, consents: config.Consents,
		packages:   config.Packages,
		dispatches: config.Dispatches, gateway: config.Gateway,
		directory: config.Directory, packs: config.Packs, log: config.Log,
		engineWait: config.EngineWait, newID: config.NewID,
	}
	if c.engineWait == 0 {
		c.engineWait = defaultEngineWait
	}
	if c.newID == nil {
		c.newID = newUUID
	}
	return c, nil
}

// CarryOn finishes a stored command as if its caller still waited. A command
// that was answered stays as it is. An error that wraps ErrUnavailable means:
// later.
func (c *Carrier) CarryOn(ctx context.Context, commandID string) error {
	stored, err := c.commands.Command(ctx, commandID)
	if err != nil {
		return fmt.Errorf("carry on %s: %w", commandID, err)
	}
	if stored.Answer != nil {
		return nil
	}
	if _, err := c.finish(ctx, stored); err != nil {
		return fmt.Errorf("carry on %s: %w", commandID, err)
	}
	return nil
}

// finish does what a stored command asks and keeps its answer. What rules or
// ports refuse is an answer too; an error means that there is none yet.
func (c *Carrier) finish(ctx context.Context, stored StoredCommand) (Answer, error) {
	switch identity.Operation(stored.Operation) {
	case identity.Open:
		return c.finishOpening(ctx, stored)
	case identity.PlaceHold:
		return c.finishHold(ctx, stored)
	case identity.LiftHold:
		return c.finishLifting(ctx, stored)
	case identity.AmendHold:
		return c.finishAmendment(ctx, stored)
	case identity.ConsentToCountry:
		return c.finishConsent(ctx, stored)
	case identity.FindCitizenship:
		return c.finishFinding(ctx, stored)
	case identity.RecordLegalEvent:
		return c.finishLegalEvent(ctx, stored)
	case identity.UploadDocument:
		return c.finishUpload(ctx, stored)
	case identity.WithdrawDocument:
		return c.finishWithdrawal(ctx, stored)
	case identity.RaiseFlag:
		return c.finishFlag(ctx, stored)
	case identity.EndFlag:
		return c.finishFlagEnding(ctx, stored)
	case identity.MergePersons:
		return c.finishMerge(ctx, stored)
	case identity.SplitPersons:
		return c.finishSplit(ctx, stored)
	case identity.ClaimNationality:
		return c.finishNationality(ctx, stored)
	case identity.RecordConsularNotification:
		return c.finishNotification(ctx, stored)
	case identity.VerifyIssuer:
		return c.finishIssuer(ctx, stored)
	case identity.EndIssuer:
		return c.finishIssuerEnding(ctx, stored)
	case identity.PreparePackage:
		return c.finishPackage(ctx, stored)
	case identity.ReviewDisclosure:
		return c.finishDisclosure(ctx, stored)
	case identity.HandOver:
		return c.finishHandOver(ctx, stored)
	case identity.RecordDelivery:
		return c.finishDelivery(ctx, stored)
	case identity.RecordSubmission:
		return c.finishSubmission(ctx, stored)
	case identity.ConfirmRecall:
		return c.finishRecall(ctx, stored)
	case identity.SetDataSheet:
		return c.finishDataSheet(ctx, stored)
	case identity.BreakGlass:
		return c.finishBreakGlass(ctx, stored)
	case identity.PlaceLegalHold, identity.LiftLegalHold:
		return c.finishLegalHold(ctx, stored)
	default:
		return c.finishChange(ctx, stored)
	}
}

// conclude keeps a refusal as the command's answer. What is away, and defects,
// are no answers: the command stays stored and is asked again.
func (c *Carrier) conclude(ctx context.Context, stored StoredCommand, err error) (Answer, error) {
	found := problemOf(err)
	if meanings()[found.cause].status >= http.StatusInternalServerError {
		return Answer{}, err
	}
	return c.commands.Done(ctx, CommandDone{CommandID: stored.ID, Refused: true, Answer: found.answer()})
}

// succeed keeps the answer of a command that brought no events of a request.
func (c *Carrier) succeed(ctx context.Context, stored StoredCommand, answer Answer) (Answer, error) {
	return c.commands.Done(ctx, CommandDone{CommandID: stored.ID, Answer: answer})
}

// poke wakes mailboxes. A poke that fails is outstanding and found by the
// reconciler, so it is no reason to fail a command that succeeded.
func (c *Carrier) poke(ctx context.Context, recipients []string) {
	for _, recipient := range recipients {
		if err := c.engine.Poke(ctx, recipient); err != nil {
			c.log.WarnContext(ctx, "mailbox not poked", "error", err.Error())
		}
	}
}

// settle finishes a command for the caller who waits: a first answer again, a
// new answer, or 202 when it is stored and what it needs is away.
func (s *Server) settle(ctx context.Context, stored StoredCommand) (kept, error) {
	if stored.Answer != nil {
		return kept(*stored.Answer), nil
	}
	// Nobody's leaving may stop what was accepted half-way; what never answers may.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.callWait)
	defer cancel()
	answer, err := s.finish(ctx, stored)
	if err == nil {
		return kept(answer), nil
	}
	if found := problemOf(err); found.cause != unavailable {
		s.log.ErrorContext(ctx, "command not finished", "operation", stored.Operation, "command", stored.ID, "error", err.Error())
	}
	return accepted(stored)
}

// accepted is 202: stored, and carried on later.
func accepted(stored StoredCommand) (kept, error) {
	answer, err := jsonAnswer(http.StatusAccepted, commandView(stored), map[string]string{"Location": "/v1/commands/" + stored.ID})
	return kept(answer), err
}

// jsonAnswer writes an answer down.
func jsonAnswer(status int, value any, headers map[string]string) (Answer, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return Answer{}, fmt.Errorf("write answer: %w", err)
	}
	all := map[string]string{"Content-Type": "application/json"}
	for name, value := range headers {
		all[name] = value
	}
	return Answer{Status: status, Headers: all, Body: append(body, '\n')}, nil
}

func commandView(stored StoredCommand) contract.Command {
	view := contract.Command{
		Id: stored.ID, Operation: stored.Operation, Status: contract.CommandStatus(stored.Status),
		RequestId: stored.RequestID, StoredAt: stored.StoredAt.UTC(), DoneAt: utc(stored.DoneAt),
	}
	if stored.Answer != nil {
		view.Answer = &contract.FirstAnswer{Status: stored.Answer.Status, Headers: stored.Answer.Headers, Body: stored.Answer.Body}
	}
	return view
}
