package endtoend

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// collect takes in whatever a part tells of spans: the parts find the collector in
// their environment, by the names under which every exporter looks for one.
func collect(t *testing.T) (told *record, address string) {
	t.Helper()
	told = &record{}
	collector := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(told, r.URL, r.Header)
		if _, err := io.Copy(told, r.Body); err != nil {
			return // a part was killed while it told
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(http.StatusOK)
		w.Header().Set("Grpc-Status", "0")
	}))
	collector.Config.Protocols = new(http.Protocols)
	collector.Config.Protocols.SetHTTP1(true)
	collector.Config.Protocols.SetUnencryptedHTTP2(true)
	collector.Start()
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	return told, collector.URL
}

// assist has a worker of this process at work beside the town's, whose figures can
// be read as a worker serves them: the town's listens nowhere.
func (f *flock) assist() {
	f.t.Helper()
	world, err := f.w.House.World(config.Worker)
	if err != nil {
		f.t.Fatal(err)
	}
	worker, err := serve.NewWorker(f.t.Context(), world)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := worker.Start(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	health := httptest.NewServer(worker.Health(slog.New(slog.NewTextHandler(f.log, nil))))
	f.figures = append(f.figures, health.URL+"/metrics")
	f.t.Cleanup(func() {
		health.Close()
		worker.Stop()
	})
}

// pages visits what people see, as each role, for addresses, titles and headers.
func (f *flock) pages(look func(string, []byte)) {
	f.t.Helper()
	paths := f.addresses()
	for _, user := range []string{"officer1", "supervisor1", "counsel1", "liaison1", "state1", "manager1", "auditor1", "admin1"} {
		b := newBrowser(f.t, f.w)
		b.signInAs(user)
		start := b.open(b.site + "/")
		found := b.submitForm(start, "/search", b.site, "code", alien)
		look("address", fmt.Appendf(nil, "%v", b.visited))
		for _, page := range []shown{start, found} {
			f.lookAt(page, look)
		}
		for _, path := range paths {
			page := b.open(b.site + path)
			look("address", fmt.Appendf(nil, "%v", b.visited))
			f.lookAt(page, look)
		}
	}
	for _, address := range f.strange {
		b := newBrowser(f.t, f.w)
		page := b.open(address)
		look("address", fmt.Appendf(nil, "%v", b.visited))
		f.lookAt(page, look)
	}
}

func (f *flock) lookAt(page shown, look func(string, []byte)) {
	f.t.Helper()
	look("headers of "+page.at.Path, fmt.Appendf(nil, "%v %v", page.at, page.header))
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		return
	}
	_, rest, _ := strings.Cut(page.text, "<title>")
	title, _, ended := strings.Cut(rest, "</title>")
	if !ended {
		f.t.Errorf("the page at %s has no title", page.at.Path)
	}
	look("title of "+page.at.Path, []byte(title))
}

var mailLink = regexp.MustCompile(`/a/[A-Za-z0-9_-]+`)

// addresses are the pages of all that these lives have made.
func (f *flock) addresses() []string {
	f.t.Helper()
	paths := []string{"/help", "/holds"}
	for query, patterns := range map[string][]string{
		"SELECT code FROM traveldoc.requests": {
			"/requests/%s", "/reviews/%s", "/requests/%s/holds/new", "/requests/%s/citizenship-claim",
		},
		"SELECT hold_id::text FROM traveldoc.holds":                        {"/holds/%s/lift"},
		"SELECT escalation_id::text FROM traveldoc.escalations LIMIT 3":    {"/escalations/%s"},
		"SELECT package_id::text FROM traveldoc.outgoing_packages LIMIT 3": {"/packages/%s/content", "/packages/%s/manifest"},
	} {
		rows, err := f.w.Records.Query(f.t.Context(), query)
		if err != nil {
			f.t.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) == 0 {
			f.t.Fatalf("%s finds %d: %v", query, len(ids), err)
		}
		for _, id := range ids {
			for _, pattern := range patterns {
				paths = append(paths, fmt.Sprintf(pattern, id))
			}
		}
	}
	links := 0
	for _, mail := range f.w.Mails() {
		if link := mailLink.FindString(mail.Text); link != "" && links < 3 && !slices.Contains(paths, link) {
			paths, links = append(paths, link), links+1
		}
	}
	if links == 0 {
		f.t.Error("no mail has a link, so that following one shows nothing")
	}
	return paths
}
