package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// problemOf says how an error is answered. What is not known here is a defect:
// its text goes to the log and not to the caller.
func problemOf(err error) *problem {
	var known *problem
	var refusal *tdr.Refusal
	var history *custody.HistoryError
	var file *DocumentRefusal
	var order *PackageFault
	var both *BothLiveError
	var assigned *AssignmentError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &history):
		return impossible(history)
	case errors.Is(err, ErrNotFound):
		return newProblem(notFound, "")
	case errors.Is(err, ErrKeyReused):
		return newProblem(keyReused, "")
	case errors.Is(err, ErrAlreadyLifted):
		return newProblem(alreadyLifted, "")
	case errors.Is(err, ErrStayStands):
		return newProblem(stayStands, "")
	case errors.Is(err, ErrHoldScope):
		return fault("scope", "is not for a hold of this kind")
	case errors.Is(err, ErrCitizen):
		return newProblem(foundCitizen, "")
	case errors.As(err, &file):
		return fileProblem(file)
	case errors.Is(err, ErrTooManyDocuments):
		return newProblem(documentLimit, "")
	case errors.Is(err, ErrWithdrawn):
		return newProblem(alreadyWithdrawn, "")
	case errors.Is(err, ErrAttemptsMissing):
		return fault("kind", attemptsWanted)
	case errors.Is(err, ErrNotOut):
		return newProblem(notOut, "")
	case errors.Is(err, ErrNoLonger):
		return newProblem(gateClosed, "")
	case errors.Is(err, ErrNumberTaken):
		return newProblem(numberTaken, "")
	case errors.Is(err, ErrRecordedAlready):
		return newProblem(recordedAlready, "")
	case errors.Is(err, ErrEnded):
		return newProblem(alreadyEnded, "")
	case errors.Is(err, ErrListed):
		return newProblem(alreadyListed, "")
	case errors.Is(err, ErrMerged):
		return newProblem(alreadyMerged, "")
	case errors.As(err, &both):
		return newProblem(bothLive, both.Country)
	case errors.As(err, &assigned):
		return misassigned(assigned)
	case errors.As(err, &order):
		return fault(order.Field, order.Rule)
	case errors.Is(err, ErrPersonDiffers):
		return fault("person.a_number", "belongs to other details")
	case errors.Is(err, ErrCorrected):
		return fault("corrects", "names an event of this person that was not corrected before")
	case errors.Is(err, ErrCorrectedKind):
		return fault("kind", "is another than that of the event to be corrected; retract that one, and record what happened")
	case errors.Is(err, identity.ErrUnauthorized):
		return newProblem(unauthorized, "")
	case errors.Is(err, identity.ErrUnavailable):
		return newProblem(identityUnavailable, "")
	case errors.Is(err, ErrUnavailable), errors.Is(err, workflows.ErrEngineAway), errors.Is(err, workflows.ErrNotStarted),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newProblem(unavailable, "")
	default:
		return newProblem(internalError, "")
	}
}

// fileProblem is the problem that a refused file's reason names.
func fileProblem(file *DocumentRefusal) *problem {
	if _, known := meanings()[cause(file.Reason)]; known {
		return newProblem(cause(file.Reason), "")
	}
	return newProblem(documentUnreadable, "")
}

func fault(field, rule string) *problem {
	var faults fieldErrors
	faults.add(field, "%s", rule)
	return &problem{cause: invalidFields, errors: faults}
}

// refused words a refusal of the core. All closed gates read alike: which rule
// closed one can tell of an asylum claim (8 CFR 208.6). That of the country tells of
// none: the order and the request name both, and it reads alike under any hold.
func refused(refusal *tdr.Refusal) *problem {
	switch refusal.Code {
	case tdr.StageForbids:
		return &problem{cause: stageForbids, detail: refusal.Rule, stage: refusal.Stage, allowed: refusal.Allowed}
	case tdr.NotPermitted:
		return newProblem(forbidden, refusal.Rule)
	case tdr.SamePerson:
		return newProblem(samePerson, refusal.Rule)
	case tdr.Stale:
		return newProblem(stale, "")
	case tdr.ConsentMissing:
		return newProblem(consentMissing, "")
	case tdr.NeverAddressed:
		return newProblem(neverAddressed, "")
	case tdr.GateClosed:
		return newProblem(gateClosed, "")
	case tdr.RulesUnknown:
		return newProblem(unavailable, refusal.Rule)
	default:
		field := refusal.Field
		if field == "" {
			field = "body"
		}
		var faults fieldErrors
		faults.add(field, "%s", refusal.Rule)
		for _, also := range refusal.Also {
			faults.add(also.Field, "%s", also.Rule)
		}
		return &problem{cause: invalidFields, errors: faults}
	}
}

// impossible names every rule that a legal history would break.
func impossible(history *custody.HistoryError) *problem {
	var faults fieldErrors
	for _, broken := range history.Problems {
		faults.add(fieldOfRule(broken.Rule), "%s", string(broken.Rule))
	}
	return &problem{cause: invalidFields, errors: faults}
}

// fieldOfRule is the field of a new legal event that a rule of the history speaks of.
func fieldOfRule(rule custody.Rule) string {
	switch rule {
	case custody.RuleDate, custody.RuleFuture:
		return "date"
	case custody.RuleSource:
		return "source"
	case custody.RuleStayAmbiguous, custody.RuleStayEndedWithoutStay:
		return "stay"
	case custody.RuleCorrectsUnknown, custody.RuleCorrectedTwice, custody.RuleCorrectedBefore, custody.RuleCorrectionLoop, custody.RuleRetractedNothing:
		return "corrects"
	default:
		return "kind"
	}
}

// fail answers an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	found := problemOf(err)
	entryOf(r.Context()).refusal = found.cause
	if found.cause == internalError {
		s.log.ErrorContext(r.Context(), "call failed", "route", entryOf(r.Context()).route, "error", err.Error())
	}
	if err := found.answer().write(w); err != nil {
		s.log.DebugContext(r.Context(), "caller went away", "error", err.Error())
	}
}
