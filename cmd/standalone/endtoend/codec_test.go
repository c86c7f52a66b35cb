package endtoend

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/internal/vault/codec"
	"github.com/traveldoc/traveldoc/workflows"
)

// checkCodec asks the codec server as the Temporal UI does, about a payload
// that stands in the engine.
func checkCodec(t *testing.T, w *whole.Whole, r *request) {
	t.Helper()
	events := w.Engine.GetWorkflowHistory(t.Context(), workflows.RequestID(r.ID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	if err != nil {
		t.Fatal(err)
	}
	sealed := first.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
	if len(sealed) == 0 || string(sealed[0].Metadata[converter.MetadataEncoding]) != codec.Encoding || strings.Contains(string(sealed[0].Data), "GHA") {
		t.Fatalf("the engine holds %v", sealed)
	}
	ui := w.House.URL(system.TemporalUIPort)
	for _, c := range []struct {
		user, origin string
		opens        bool
	}{{"auditor1", ui, true}, {"admin1", ui, true}, {"officer1", ui, false}, {"counsel1", ui, false}, {"auditor1", "http://stranger.example", false}} {
		clear, err := decoded(w, sealed, func(request *http.Request) {
			request.Header.Set("Authorization", "Bearer "+w.Token(c.user))
			request.Header.Set("Origin", c.origin)
		})
		if (err == nil) != c.opens || (c.opens && !strings.Contains(string(clear[0].Data), "GHA")) {
			t.Errorf("%s from %s: %v, %v", c.user, c.origin, clear, err)
		}
	}
	for user, opens := range map[string]bool{"auditor1": true, "officer1": false} {
		b := newBrowser(t, w)
		b.signInAs(user)
		_, err := decoded(w, sealed, func(request *http.Request) {
			request.Header.Set("Origin", ui)
			request.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.session().Value})
		})
		if (err == nil) != opens {
			t.Errorf("%s, signed in on the pages: %v", user, err)
		}
	}
	checkSettingsOfUI(t, w, ui)
}

func decoded(w *whole.Whole, sealed []*commonpb.Payload, as func(*http.Request)) ([]*commonpb.Payload, error) {
	return converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: w.House.URL(system.CodecPort),
		ModifyRequest: func(request *http.Request) error {
			as(request)
			return nil
		},
	}).Decode(sealed)
}

// checkSettingsOfUI: the UI knows where to ask, and brings the cookie.
func checkSettingsOfUI(t *testing.T, w *whole.Whole, ui string) {
	t.Helper()
	answer, err := http.Get(ui + "/api/v1/settings")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var settings struct {
		Codec struct {
			Endpoint           string
			IncludeCredentials bool
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&settings); err != nil {
		t.Fatal(err)
	}
	if settings.Codec.Endpoint != w.House.URL(system.CodecPort) || !settings.Codec.IncludeCredentials {
		t.Errorf("the UI asks %+v", settings.Codec)
	}
}
