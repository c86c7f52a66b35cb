package state_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/state"
)

func TestDefaultPath(t *testing.T) {
	for name, trial := range map[string]struct {
		environment map[string]string
		root        bool
		want        string
	}{
		"chosen":             {map[string]string{"TRAVELDOC_STATE": "/srv/td", "HOME": "/home/ana"}, true, "/srv/td"},
		"root":               {map[string]string{"HOME": "/root"}, true, "/var/lib/traveldoc"},
		"user":               {map[string]string{"HOME": "/home/ana"}, false, "/home/ana/.local/state/traveldoc"},
		"user's own choice":  {map[string]string{"HOME": "/home/ana", "XDG_STATE_HOME": "/data/state"}, false, "/data/state/traveldoc"},
		"relative is no XDG": {map[string]string{"HOME": "/home/ana", "XDG_STATE_HOME": "state"}, false, "/home/ana/.local/state/traveldoc"},
	} {
		got, err := state.DefaultPath(func(key string) string { return trial.environment[key] }, trial.root)
		if err != nil || got != trial.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, trial.want)
		}
	}
	_, err := state.DefaultPath(func(string) string { return "" }, false)
	if err == nil || !strings.Contains(err.Error(), "TRAVELDOC_STATE") {
		t.Errorf("without a home: %v", err)
	}
}

func TestSecretIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	folder, err := state.Open(filepath.Join(t.TempDir(), "new", "folder"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.Map
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			secret, err := folder.Secret("key")
			if err != nil {
				t.Error(err)
			}
			all.Store(secret, true)
		})
	}
	wait.Wait()
	distinct := 0
	all.Range(func(secret, _ any) bool {
		distinct++
		if len(secret.(string)) != 64 {
			t.Errorf("the secret has %d digits", len(secret.(string)))
		}
		return true
	})
	if distinct != 1 {
		t.Errorf("%d different secrets were handed out", distinct)
	}
	info, err := os.Stat(folder.Path("key"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its file has mode %v", info.Mode())
	}
}

func TestLockIsFreeAgainAfterRelease(t *testing.T) {
	folder, err := state.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	release, err := folder.Lock("engine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Lock("engine"); err == nil || !strings.Contains(err.Error(), "already runs") {
		t.Errorf("a second one: %v", err)
	}
	release()
	release, err = folder.Lock("engine")
	if err != nil {
		t.Fatal(err)
	}
	release()
}
