package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// MinimumVersion is the oldest major version whose behaviour the schema relies
// on.
const MinimumVersion = 15

var majorVersion = regexp.MustCompile(`\b(\d+)(?:\.\d+|devel|beta\d+|rc\d+)`)

// FindBinaries returns the folder that holds initdb, pg_ctl and postgres of the
// newest installed version.
func FindBinaries(ctx context.Context) (string, error) {
	return newest(ctx, candidates(ctx))
}

func newest(ctx context.Context, folders []string) (string, error) {
	best, bestVersion, seen := "", 0, 0
	for _, folder := range folders {
		version := versionIn(ctx, folder)
		seen = max(seen, version)
		if version >= MinimumVersion && version > bestVersion {
			best, bestVersion = folder, version
		}
	}
	switch {
	case best != "":
		return best, nil
	case seen > 0:
		return "", fmt.Errorf("PostgreSQL %d is installed but %d or newer is needed; "+
			"install it (Debian, Ubuntu: sudo apt-get install postgresql) or point DATABASE_URL at a newer server", seen, MinimumVersion)
	default:
		return "", fmt.Errorf("PostgreSQL %d or newer is not installed; "+
			"install it (Debian, Ubuntu: sudo apt-get install postgresql) or point DATABASE_URL at a running server", MinimumVersion)
	}
}

func candidates(ctx context.Context) []string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	return folders
}

// versionIn is 0 when the folder does not hold a whole server.
func versionIn(ctx context.Context, folder string) int {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return 0
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	match := majorVersion.FindStringSubmatch(string(out))
	if match == nil {
		return 0
	}
	version, _ := strconv.Atoi(match[1])
	return version
}
