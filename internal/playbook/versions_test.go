package playbook

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

var appendHashes = flag.Bool("append-hashes", false, "append the hashes of new pack versions to testdata/published.txt")

// A published version never changes: requests have recorded its hash. What has
// to change becomes a new version, whose hash is appended.
func TestPublishedVersionsNeverChange(t *testing.T) {
	const file = "testdata/published.txt"
	raw, err := os.ReadFile(file)
	if err != nil && !*appendHashes {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		id, hash, _ := strings.Cut(strings.TrimSpace(line), " ")
		known[id] = hash
	}
	var added strings.Builder
	for _, pack := range published(t).Published() {
		hash, ok := known[pack.ID()]
		switch {
		case !ok:
			fmt.Fprintf(&added, "%s %s\n", pack.ID(), pack.Hash)
		case hash != pack.Hash:
			t.Errorf("%s was published as %s and is %s: publish a new version instead", pack.ID(), hash, pack.Hash)
		}
		delete(known, pack.ID())
	}
	for id := range known {
		t.Errorf("%s was published and is gone", id)
	}
	if added.Len() == 0 {
		return
	}
	if !*appendHashes {
		t.Fatalf("new versions: run with -append-hashes\n%s", added.String())
	}
	if err := os.WriteFile(file, append(raw, added.String()...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// versionsFS is a library of a default pack and two versions for Ghana.
func versionsFS(t *testing.T) fstest.MapFS {
	t.Helper()
	basis, err := os.ReadFile("packs/default-v1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ghana, err := os.ReadFile("packs/gha-v1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	second := strings.NewReplacer("version: 1", "version: 2", "in_force: 2026-03-02", "in_force: 2026-09-01").Replace(string(ghana))
	return fstest.MapFS{
		"default-v1.yaml": {Data: basis}, "gha-v1.yaml": {Data: ghana}, "gha-v2.yaml": {Data: []byte(second)},
	}
}

func TestVersionByTheDayOfOpening(t *testing.T) {
	library, err := LoadFS(versionsFS(t))
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]int{"2019-01-01": 1, "2026-03-02": 1, "2026-08-31": 1, "2026-09-01": 2, "2040-01-01": 2} {
		pack, err := library.Pack("GHA", day(t, on))
		if err != nil || pack.Version != want {
			t.Errorf("on %s: version %d, want %d (%v)", on, pack.Version, want, err)
		}
	}
	if _, ok := library.Version("GHA", 2); !ok {
		t.Error("version 2 can't be found")
	}
	if _, ok := library.Version("GHA", 3); ok {
		t.Error("version 3 can be found")
	}
}

func TestOneVersionComesFromOneFile(t *testing.T) {
	files := versionsFS(t)
	later := strings.Replace(string(files["gha-v1.yaml"].Data), "in_force: 2026-03-02", "in_force: 2026-10-01", 1)
	_, err := LoadFS(files, Also(fstest.MapFS{"gha-v1.yaml": {Data: []byte(later)}}))
	if err == nil || !strings.Contains(err.Error(), "pack gha/1: a version must be numbered and come into force after gha/1") {
		t.Errorf("error %v", err)
	}
}

func TestWhatAFileStatesReplacesItsBasis(t *testing.T) {
	files := versionsFS(t)
	own := "stages:\n  review: {n: 4, unit: business_days, calendar: office, source: s, date: 2020-01-01, evidence: V, standing: law}\n"
	replace(files, "gha-v2.yaml", "interview:", own+"interview:")
	library, err := LoadFS(files)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[int]int{1: 2, 2: 4} {
		pack, _ := library.Version("GHA", version)
		if got := pack.Stages["review"].N; got != want || pack.Stages["assembling"].N != 30 {
			t.Errorf("version %d: review takes %d days, want %d; assembling %d", version, got, want, pack.Stages["assembling"].N)
		}
	}
}

func TestBadLibrariesAreRefused(t *testing.T) {
	cases := []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"no default", func(f fstest.MapFS) { delete(f, "default-v1.yaml") }, "no default pack"},
		{"wrong file name", func(f fstest.MapFS) { f["gh-v1.yaml"] = f["gha-v1.yaml"]; delete(f, "gha-v1.yaml") }, "belongs into gha-v1.yaml"},
		{"two versions from one day", func(f fstest.MapFS) { replace(f, "gha-v2.yaml", "2026-09-01", "2026-03-02") }, "come into force after gha/1"},
		{"unknown basis", func(f fstest.MapFS) { replace(f, "gha-v2.yaml", "default/1", "default/2") }, `basis "default/2" is not a published default pack`},
		{"unknown country", func(f fstest.MapFS) {
			f["ghx-v1.yaml"] = &fstest.MapFile{Data: f["gha-v1.yaml"].Data}
			replace(f, "ghx-v1.yaml", "country: GHA", "country: GHX")
		}, "pack ghx/1: no such country code"},
		{"unknown key", func(f fstest.MapFS) { replace(f, "gha-v1.yaml", "summary:", "deemed_consent: true\nsummary:") }, "field deemed_consent not found"},
		{"repeated key", func(f fstest.MapFS) { replace(f, "gha-v1.yaml", "summary:", "version: 1\nsummary:") }, "already defined"},
		{"two documents", func(f fstest.MapFS) { replace(f, "gha-v1.yaml", "interview:", "---\ninterview:") }, "one document expected"},
		{"not YAML", func(f fstest.MapFS) { f["gha-v1.yaml"] = &fstest.MapFile{Data: []byte("{")} }, "read pack file"},
		{"part of a figure", func(f fstest.MapFS) { replace(f, "gha-v1.yaml", "interview:", "timescale: {n: 12}\ninterview:") }, "timescale.source: is missing"},
		{"too large", func(f fstest.MapFS) { f["gha-v1.yaml"] = &fstest.MapFile{Data: make([]byte, maxDocument+1)} }, "are read"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			files := versionsFS(t)
			tc.change(files)
			_, err := LoadFS(files)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func replace(files fstest.MapFS, name, from, to string) {
	files[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[name].Data), from, to, 1))}
}
