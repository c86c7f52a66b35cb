package gateway_test

import (
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Under a hold no mail about a question begins either, and nothing is to be sent
// back of it; a question that the post was told of stays told.
func TestAQuestionIsNotBegunUnderAHold(t *testing.T) {
	for name, want := range map[string]struct {
		begin    func(ledger store.Ledger, message string)
		recalled int
	}{
		"waiting": {nil, 1}, "bundled": {func(store.Ledger, string) {}, 1},
		"told": {func(ledger store.Ledger, message string) {
			begun, err := ledger.Sending(t.Context(), message)
			must(t, err)
			if !begun {
				t.Error("the question is not begun without a hold")
			}
			must(t, ledger.Settle(t.Context(), message, activities.Accepted, "provider-1"))
		}, 0},
	} {
		w := newWorld(t)
		l := w.ready()
		l.steps.crashing.Store(false)
		ledger := w.store.Ledger(store.Letterhead{Renderer: store.RenderFunc(mail.Render), PublicURL: "https://traveldoc.example", Desk: "Desk"})
		l.carryOn(l.storeQuestion())
		var message string
		if want.begin != nil {
			envelopes, err := ledger.Collect(t.Context(), directory.PostRecipient(l.state.Post))
			must(t, err)
			message = envelopes[0].MessageID
			want.begin(ledger, message)
		}
		l.carryOn(l.storeHold())
		if n := w.count("recalls WHERE closed_at IS NOT NULL"); n != want.recalled || w.count("recalls") != n {
			t.Errorf("%s: %d recalls", name, n)
		}
		if want.recalled == 0 {
			continue
		}
		if name == "bundled" {
			if begun, err := ledger.Sending(t.Context(), message); err != nil || begun {
				t.Errorf("%s: begun under a hold, %v", name, err)
			}
		}
		if envelopes, err := ledger.Collect(t.Context(), directory.PostRecipient(l.state.Post)); err != nil || len(envelopes) != 0 {
			t.Errorf("%s: the post is told %+v, %v", name, envelopes, err)
		}
	}
}

// Once a hold was answered no mail about the package begins, whether it waits
// or was bundled already; the post is asked to send back what may have come.
func TestANoticeIsNotBegunUnderAHold(t *testing.T) {
	for _, bundled := range []bool{false, true} {
		w := newWorld(t)
		l := w.ready()
		l.steps.crashing.Store(false)
		ledger := w.store.Ledger(store.Letterhead{Renderer: store.RenderFunc(mail.Render), PublicURL: "https://traveldoc.example", Desk: "Desk"})
		sent := l.storeSendOn(tdr.ByNotice)
		l.carryOn(sent)
		post := directory.PostRecipient(l.state.Post)
		var message string
		if bundled {
			envelopes, err := ledger.Collect(t.Context(), post)
			must(t, err)
			message = envelopes[0].MessageID
		}
		l.carryOn(l.storeHold())
		if bundled {
			if begun, err := ledger.Sending(t.Context(), message); err != nil || begun {
				t.Errorf("a bundled mail is begun under a hold: %v", err)
			}
		}
		envelopes, err := ledger.Collect(t.Context(), post)
		must(t, err)
		if len(envelopes) != 1 || !strings.Contains(envelopes[0].Subject, "send our package back") {
			t.Errorf("bundled %v: the post is told %+v", bundled, envelopes)
		}
		if n := w.count("notices WHERE kind = 'package' AND status = 'moot'"); n != 1 {
			t.Errorf("bundled %v: %d notices of the package are moot", bundled, n)
		}
	}
}
