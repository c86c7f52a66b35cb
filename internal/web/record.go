package web

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/api"
)

// record enters what pages refuse by themselves; what the API refused it has
// entered. Of the address only an id gets there, because the rest can be
// anything that somebody typed. A refusal shows nothing, so it stands also while
// the log can't be written.
func (v *visit) record(err error) {
	outcome := outcomeOf(err)
	// Whoever is not signed in is refused nothing at an address that leads nowhere.
	if outcome == "" || outcome == "not_found" && v.caller().Subject == "" {
		return
	}
	entering := v.site.config.Audit.Enter(v.ctx(), api.AuditAct{
		At: v.now(), Actor: cmp.Or(v.caller().Subject, api.Nobody), Action: v.r.Pattern, Object: v.object(), Outcome: outcome,
	})
	if entering != nil {
		v.site.config.Log.ErrorContext(v.ctx(), "refusal is not in the audit log", "route", v.r.Pattern, "error", entering.Error())
	}
}

// outcomeOf is empty for what is no refusal of the pages.
func outcomeOf(err error) string {
	var refused *refusal
	if errors.As(err, &refused) && refused.entered {
		return ""
	}
	if errors.Is(err, errSessionEnded) {
		return "unauthorized"
	}
	return map[int]string{http.StatusForbidden: "forbidden", http.StatusNotFound: "not_found"}[failureOf(err).status]
}

// object is kind and id of what the page would have been about, where its address has an id.
func (v *visit) object() string {
	id := v.r.PathValue("id")
	if !idForm.MatchString(id) {
		return "page"
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/")
	return strings.TrimSuffix(kind, "s") + "/" + id
}
