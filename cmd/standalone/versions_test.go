package main

import (
	"os"
	"testing"

	"golang.org/x/mod/modfile"
)

func requirements(t *testing.T, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(path, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, required := range file.Require {
		versions[required.Mod.Path] = required.Mod.Version
	}
	return versions
}

// What is tested here must be what runs in production, and the engine's many
// dependencies must stay out of the production binary.
func TestBothModulesUseTheSameVersions(t *testing.T) {
	root, own := requirements(t, "../../go.mod"), requirements(t, "go.mod")
	common := 0
	for path, version := range root {
		if other, shared := own[path]; shared {
			common++
			if other != version {
				t.Errorf("%s is at %s in the root module and at %s here", path, version, other)
			}
		}
	}
	if common < 20 {
		t.Errorf("only %d modules in common; is this the right file?", common)
	}
	if _, found := root["go.temporal.io/server"]; found {
		t.Error("the root module requires the Temporal server")
	}
}
