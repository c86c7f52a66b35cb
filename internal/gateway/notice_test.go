package gateway_test

import (
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

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
