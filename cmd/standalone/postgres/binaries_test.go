package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// installed makes a folder that looks like an installed server.
func installed(t *testing.T, version string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestNewestInstalledVersionIsTaken(t *testing.T) {
	newer := installed(t, "17.2 (Debian 17.2-1)")
	folders := []string{installed(t, "15.18 (Debian 15.18-0+deb12u1)"), newer, installed(t, "9.6.24"), t.TempDir()}
	got, err := newest(t.Context(), folders)
	if err != nil {
		t.Fatal(err)
	}
	if got != newer {
		t.Errorf("took %s", got)
	}
}

func TestMissingServerSaysHowToInstallIt(t *testing.T) {
	for name, trial := range map[string]struct {
		folders []string
		says    string
	}{
		"none":        {[]string{t.TempDir()}, "is not installed"},
		"too old":     {[]string{installed(t, "14.9 (Ubuntu 14.9-0ubuntu0.22.04.1)")}, "PostgreSQL 14 is installed"},
		"client only": {nil, "is not installed"},
	} {
		_, err := newest(t.Context(), trial.folders)
		if err == nil || !strings.Contains(err.Error(), trial.says) || !strings.Contains(err.Error(), "apt-get install postgresql") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFullDiskIsToldInAdvance(t *testing.T) {
	if err := checkSpace(t.TempDir(), 1<<62); err == nil || !strings.Contains(err.Error(), "MiB free") {
		t.Errorf("the error is %v", err)
	}
	if err := checkSpace(t.TempDir(), 1); err != nil {
		t.Error(err)
	}
}
