package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/telemetry"
)

func TestLogLinesAreJSONInUTC(t *testing.T) {
	var out bytes.Buffer
	telemetry.NewLogger(&out, slog.LevelInfo).Info("started", "part", "api")
	var line struct {
		Time time.Time
		Msg  string
		Part string
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "started" || line.Part != "api" || line.Time.Location() != time.UTC {
		t.Errorf("unexpected line: %s", out.String())
	}
}

func TestMetricsTellOfTheProcess(t *testing.T) {
	recorder := httptest.NewRecorder()
	telemetry.NewMetrics().Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(recorder.Body.String(), name) {
			t.Errorf("%s is not served", name)
		}
	}
}
