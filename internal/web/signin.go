package web

import (
	"errors"
	"net/http"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
)

const (
	signInStart  = "/sign-in/start"
	signInReturn = "/sign-in/return" // registered with the identity provider
)

// SignInReturn is the address below the public one to which the identity
// provider sends people back.
const SignInReturn = signInReturn

// trouble is why a sign-in came to nothing, as the address says it.
type trouble string

const (
	noTrouble    trouble = ""
	providerAway trouble = "provider_away"
	cardNeeded   trouble = "card_needed"
	noRole       trouble = "no_role"
	notProven    trouble = "failed"
	sessionEnded trouble = "ended"
	signedOut    trouble = "signed_out"
)

func (t trouble) status() int {
	switch t {
	case providerAway:
		return http.StatusServiceUnavailable
	case cardNeeded, noRole, notProven:
		return http.StatusForbidden
	default:
		return http.StatusOK
	}
}

func (s *Site) showSignIn(v *visit) error {
	if v.r.Host != s.host {
		return v.seeOther(s.origin + "/sign-in")
	}
	why := trouble(v.r.URL.Query().Get("why"))
	switch why {
	case noTrouble, providerAway, cardNeeded, noRole, notProven, sessionEnded, signedOut:
	default:
		why = noTrouble
	}
	return v.show(why.status(), "signin", view{Title: "Sign in", Failed: why.status() >= http.StatusBadRequest, Body: struct {
		Why   trouble
		Start string
	}{why, signInStart}})
}

// startSignIn is a link and no form: a form's redirect to the provider would
// fall under form-action.
func (s *Site) startSignIn(v *visit) error {
	attempt, address, err := s.config.SignIn.Begin(v.ctx())
	if err != nil {
		return s.refuseSignIn(v, err)
	}
	if err := s.keepAttempt(v.w, attempt); err != nil {
		return err
	}
	return v.seeOther(address)
}

// finishSignIn begins a session under a new id, whatever the browser came with.
func (s *Site) finishSignIn(v *visit) error {
	s.forget(v.w, attemptCookie)
	caller, err := s.config.SignIn.Finish(v.ctx(), s.attemptOf(v.r), v.r.URL.Query())
	if err != nil {
		return s.refuseSignIn(v, err)
	}
	noteSubject(v.ctx(), caller.Subject)
	if len(caller.Roles) == 0 {
		if err := s.enterRefusal(v, caller.Subject, noRole); err != nil {
			return err
		}
		return v.seeOther("/sign-in?why=" + string(noRole))
	}
	if before := s.cookie(v.r, sessionCookie); before != "" {
		if err := s.config.Sessions.End(v.ctx(), before); err != nil {
			return err
		}
	}
	id, err := s.config.Sessions.Begin(v.ctx(), caller)
	if err != nil {
		return err
	}
	s.config.Log.InfoContext(v.ctx(), "signed in", "subject", caller.Subject)
	s.setCookie(v.w, sessionCookie, id, 0)
	s.forget(v.w, returnCookie)
	return v.seeOther(s.wanted(v.r))
}

func (s *Site) refuseSignIn(v *visit, err error) error {
	why := notProven
	switch {
	case errors.Is(err, identity.ErrUnavailable):
		why = providerAway
	case errors.Is(err, identity.ErrCardNeeded):
		why = cardNeeded
	case !errors.Is(err, identity.ErrNotSignedIn):
		return err
	}
	if err := s.enterRefusal(v, api.Nobody, why); err != nil {
		return err
	}
	return v.seeOther("/sign-in?why=" + string(why))
}

func (s *Site) enterRefusal(v *visit, subject string, why trouble) error {
	s.config.Log.WarnContext(v.ctx(), "sign-in refused", "reason", string(why), "subject", subject)
	return s.config.Audit.Enter(v.ctx(), api.AuditAct{
		At: s.config.Clock.Now(), Actor: subject, Action: "sign_in", Object: "session", Outcome: string(why),
	})
}

func (s *Site) signOut(v *visit) error {
	if err := s.config.Sessions.End(v.ctx(), s.cookie(v.r, sessionCookie)); err != nil {
		return err
	}
	s.config.Log.InfoContext(v.ctx(), "signed out", "subject", v.caller().Subject)
	s.forget(v.w, sessionCookie)
	return v.seeOther("/sign-in?why=" + string(signedOut))
}

// stay answers "Stay signed in": looking the session up has already kept it.
func (s *Site) stay(v *visit) error {
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}
