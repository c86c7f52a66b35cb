package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What pages refuse by themselves.
var (
	errAbsent       = errors.New("no such page")
	errForeign      = errors.New("the form is not one of this session")
	errSessionEnded = errors.New("the session ended")
	errUnreadable   = errors.New("the form cannot be read")
	errTooLarge     = errors.New("the form is too large")
	errDefect       = errors.New("defect")
	errAway         = errors.New("what pages need is away")
)

// failure is what people read: what happened and what to do.
type failure struct {
	status  int
	Heading string
	Text    string
	Next    string // where to go from here
	NextIs  string
}

func onward(status int, heading, text string) failure {
	return failure{status: status, Heading: heading, Text: text, Next: "/", NextIs: "Go to your start page"}
}

// failureOf words an error. A request that does not exist and one that the
// caller may not see read alike.
func failureOf(err error) failure {
	var refused *refusal
	switch {
	case errors.Is(err, errAbsent), errors.Is(err, api.ErrNotFound):
		return absent()
	case errors.Is(err, errForeign):
		return onward(http.StatusForbidden, "This form could not be accepted",
			"It did not come from a page that is open for you here. Nothing was changed. Open the page again and repeat what you did.")
	case errors.Is(err, errSessionEnded):
		failed := onward(http.StatusForbidden, "You were signed out", "Nothing was changed. Sign in again and repeat what you did.")
		failed.Next, failed.NextIs = "/sign-in", "Sign in"
		return failed
	case errors.Is(err, errUnreadable):
		return onward(http.StatusBadRequest, "This form cannot be read", "Nothing was changed. Open the page again and repeat what you did.")
	case errors.Is(err, errTooLarge):
		return onward(http.StatusRequestEntityTooLarge, "The document is too large", "Nothing was changed. A document can have 32 MB at most.")
	case errors.As(err, &refused):
		failed := failureOfRefusal(refused)
		if refused.back.Href != "" {
			failed.Next, failed.NextIs = refused.back.Href, refused.back.Text
		}
		return failed
	case errors.Is(err, errAway), errors.Is(err, api.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return away()
	default:
		return onward(http.StatusInternalServerError, "Something is wrong on our side", "It was written down. Try again; what you did is done once, however often you send it.")
	}
}

func absent() failure {
	return onward(http.StatusNotFound, "Not found", "There is nothing here, or nothing that you may see. Check the code or the link.")
}

func away() failure {
	return onward(http.StatusServiceUnavailable, "Something this page needs is away", "Nothing was half-done. Try again in a few seconds; legal dates go on counting meanwhile.")
}

func failureOfRefusal(r *refusal) failure {
	switch r.status {
	case http.StatusNotFound:
		return absent()
	case http.StatusForbidden:
		if problemType(r.problem) == "same_person" {
			return onward(r.status, "A second person is needed", sentence(r.problem.Detail, "Whoever prepared this cannot decide it. Ask a colleague."))
		}
		return onward(r.status, "You may not do this", "None of your roles allows it here. Ask your supervisor.")
	case http.StatusConflict:
		return onward(r.status, "This cannot be done now", conflictText(r.problem))
	case http.StatusServiceUnavailable:
		return away()
	default:
		return onward(http.StatusInternalServerError, "Something is wrong on our side", "It was written down. Try again.")
	}
}

func conflictText(p contract.Problem) string {
	switch problemType(p) {
	case "stage_forbids":
		return "The request has moved on: it stands at “" + stageWord(p.Stage) + "”. Nothing was changed. Open it again to see what can be done."
	case "already_lifted":
		return "Somebody else has lifted this hold already. Nothing was changed."
	case "found_citizen":
		return "Counsel found that the person is a US citizen. The claim stands until counsel finds otherwise."
	case "stay_stands":
		return "This hold keeps a stay that is on record and ends with it alone. Record the end of the stay, which lifts the hold."
	case "never_addressed":
		return barText(string(tdr.NeverAddressed))
	case "already_ended":
		return "Somebody else has parted these records already. Nothing was changed."
	case "not_out":
		return "This cannot be recorded of it, or not any more. Nothing was changed. Open the request to see what was recorded."
	case "recorded_already":
		return "Somebody else has recorded this already. Nothing was changed. Open the request to see what was recorded."
	default:
		return "Something stands against it. Nothing was changed. Ask counsel."
	}
}

func problemType(p contract.Problem) string { return strings.TrimPrefix(p.Type, "/problems/") }

// problemIn is the type of the API's refusal, or empty.
func problemIn(err error) string {
	var refused *refusal
	if !errors.As(err, &refused) {
		return ""
	}
	return problemType(refused.problem)
}

// sentence makes one of what the core says, or takes the other.
func sentence(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// fail shows the page of an error.
func (v *visit) fail(err error) {
	failed := failureOf(err)
	if failed.status == http.StatusInternalServerError {
		v.site.config.Log.ErrorContext(v.ctx(), "page failed", "route", v.r.Pattern, "error", err.Error())
	}
	if errors.Is(err, errForeign) {
		v.site.config.Log.WarnContext(v.ctx(), "form refused", "route", v.r.Pattern)
	}
	v.record(err)
	if failed.status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "5")
	}
	if err := v.show(failed.status, "failure", view{Title: failed.Heading, Failed: true, Body: failed}); err != nil {
		v.site.config.Log.ErrorContext(v.ctx(), "error page failed", "error", err.Error())
		http.Error(v.w, failed.Heading, failed.status)
	}
}

// faultsOf reads what the API found wrong with entries, under the entries' ids
// on the page. What has no entry there stands under other.
func faultsOf(err error, entries map[string]string, other string) []fault {
	var refused *refusal
	if !errors.As(err, &refused) || refused.status != http.StatusUnprocessableEntity {
		return nil
	}
	var faults []fault
	for _, each := range refused.problem.Errors {
		field, known := entries[each.Field]
		if !known {
			field = other
		}
		faults = append(faults, fault{Field: field, Text: entryFault(each.Field, each.Rule)})
	}
	if problemType(refused.problem) == "key_reused" {
		return []fault{{Field: other, Text: "This form was sent before with other entries. Send it again."}}
	}
	if len(faults) == 0 {
		faults = []fault{{Field: other, Text: sentence(refused.problem.Title, "This cannot be accepted.")}}
	}
	return faults
}

// stale tells that something happened that the form had not seen.
func stale(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.status == http.StatusPreconditionFailed
}
