// Package traveldoc_test checks what no single package can: which package may
// import which, and the shape of the deployment.
package traveldoc_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/traveldoc/traveldoc/"

// layer is a group of packages and what of this module they may import.
type layer struct {
	packages []string
	imports  []string
}

// layers is the whole house. Imports point one way: cmd, then api, then
// workflows, then activities, then the pure core. Adapters implement the ports
// that activities and api declare, and nobody but cmd imports an adapter.
func layers() []layer {
	pure := []string{"internal/tdr", "internal/calendar", "internal/custody", "internal/playbook"}
	adapters := []string{"internal/store", "internal/mail", "internal/report", "internal/vault", "internal/audit", "internal/courtpdf",
		"internal/documents", "internal/outgoing", "internal/gateway", "internal/retention"}
	shared := []string{"internal/directory", "internal/identity"}
	return []layer{
		{pure, pure},
		{shared, pure},
		{[]string{"activities"}, pure},
		{[]string{"workflows"}, append([]string{"activities"}, pure...)},
		{[]string{"api"}, slices.Concat([]string{"workflows", "activities"}, shared, pure)},
		{[]string{"internal/web"}, slices.Concat([]string{"api"}, shared, pure)},
		{adapters, slices.Concat([]string{"api", "activities"}, adapters, shared, pure)},
		{[]string{"internal/config", "internal/telemetry"}, nil},
	}
}

// outside are the libraries that pure packages may use beside the standard one.
func outside() []string { return []string{"go.yaml.in/yaml/v3", "github.com/rickar/cal/v2"} }

func within(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

// imports lists what each package of the module imports, without its tests.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	graph := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		graph[strings.TrimPrefix(fields[0], module)] = fields[1:]
	}
	return graph
}

func TestImportsPointOneWay(t *testing.T) {
	for from, tos := range imports(t) {
		if within(from, []string{"cmd"}) || from+"/" == module {
			continue
		}
		i := slices.IndexFunc(layers(), func(l layer) bool { return within(from, l.packages) })
		if i < 0 {
			t.Errorf("%s has no place in the house: name its layer here", from)
			continue
		}
		allowed := layers()[i]
		for _, to := range tos {
			inside, ours := strings.CutPrefix(to, module)
			if ours && !within(inside, allowed.imports) && !sibling(from, inside, allowed.packages) {
				t.Errorf("%s imports %s", from, inside)
			}
		}
	}
}

// sibling: a package and its own sub-packages may import each other.
func sibling(from, to string, packages []string) bool {
	return slices.ContainsFunc(packages, func(root string) bool {
		return within(from, []string{root}) && within(to, []string{root})
	})
}

func TestPurePackagesDoNoIO(t *testing.T) {
	forbidden := []string{"os", "net", "net/http", "database/sql", "os/exec", "log/slog", "math/rand", "math/rand/v2", "crypto/rand"}
	for from, tos := range imports(t) {
		if !within(from, layers()[0].packages) {
			continue
		}
		for _, to := range tos {
			standard := !strings.Contains(strings.SplitN(to, "/", 2)[0], ".")
			if slices.Contains(forbidden, to) {
				t.Errorf("pure %s imports %s", from, to)
			}
			if !standard && !strings.HasPrefix(to, module) && !within(to, outside()) {
				t.Errorf("pure %s imports %s", from, to)
			}
		}
	}
}

func TestOnlyTheAPIKnowsItsRouter(t *testing.T) {
	for from, tos := range imports(t) {
		if slices.Contains(tos, "github.com/gorilla/mux") && !within(from, []string{"api"}) {
			t.Errorf("%s imports gorilla/mux", from)
		}
		if slices.ContainsFunc(tos, func(to string) bool { return strings.HasPrefix(to, "go.temporal.io/server") }) {
			t.Errorf("%s imports the engine, which is the standalone's alone", from)
		}
	}
}

// TestNoSpanLeavesTheProcess: calls make spans, and nothing in the binary that ships
// takes them out. Whoever links an exporter answers here for what its spans say.
func TestNoSpanLeavesTheProcess(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/traveldoc").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	if !strings.Contains(string(out), "go.opentelemetry.io/otel/trace\n") {
		t.Fatal("no spans are made, so that this shows nothing")
	}
	for path := range strings.Lines(string(out)) {
		if strings.HasPrefix(path, "go.opentelemetry.io/otel/sdk") || strings.Contains(path, "/exporters/") {
			t.Errorf("%s can take spans out of the process", strings.TrimSpace(path))
		}
	}
}
