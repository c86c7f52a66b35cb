package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// The doctor says what is wrong with a master key file before anything else,
// and how it is put right.
func TestTheDoctorLooksAtTheMasterKeyFile(t *testing.T) {
	folder := t.TempDir()
	open := filepath.Join(folder, "open.json")
	if _, err := vault.CreateMasterFile("file://" + open); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		open: "mode 0600", filepath.Join(folder, "absent.json"): "make one with traveldoc keys create", folder: "is a folder",
	} {
		found := Examine(t.Context(), World{Config: config.Config{MasterKeys: []string{"file://" + path}}})
		if len(found) != 1 || found[0].Check != masterKeysAreSafe || found[0].Err == nil || !strings.Contains(found[0].Err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, found, want)
		}
	}
}
