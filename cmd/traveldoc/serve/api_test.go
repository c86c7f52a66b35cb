package serve

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Addresses reach the contract as they come, unclean ones too; the figures are beside it.
func TestFiguresBesideTheContract(t *testing.T) {
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Answered-By", name) })
	}
	handler := besides(named("metrics"), named("contract"))
	for call, want := range map[[2]string]string{
		{"GET", "/metrics"}: "metrics", {"POST", "/metrics"}: "contract", {"GET", "//metrics"}: "contract",
		{"GET", "/v1/../v1/requests"}: "contract", {"POST", "//v1/holds"}: "contract", {"GET", "/v1/requests"}: "contract",
	} {
		recorded := httptest.NewRecorder()
		handler.ServeHTTP(recorded, httptest.NewRequestWithContext(t.Context(), call[0], call[1], nil))
		if got := recorded.Header().Get("Answered-By"); got != want {
			t.Errorf("%s %s is answered by %q, want %q", call[0], call[1], got, want)
		}
	}
}

func TestPagesBesideTheContract(t *testing.T) {
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Answered-By", name) })
	}
	handler := withPages(named("pages"), named("contract"))
	for path, want := range map[string]string{
		"/": "pages", "/a/token": "pages", "/requests/TD-222222": "pages", "/nothing": "pages", "/v10": "pages", "/v1": "contract",
		"/v1/requests": "contract", "/healthz": "contract", "/readyz": "contract", "/metrics": "contract", "/problems/stale": "contract", "//v1/holds": "contract",
	} {
		recorded := httptest.NewRecorder()
		handler.ServeHTTP(recorded, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if got := recorded.Header().Get("Answered-By"); got != want {
			t.Errorf("%s is answered by %q, want %q", path, got, want)
		}
	}
}
