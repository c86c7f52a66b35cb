package clock

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

func TestClockIsSharedThroughItsFolderAndSurvivesARestart(t *testing.T) {
	folder := trial.Folder(t)
	mover, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := mover.set(100 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	want := time.Now().Add(100 * 24 * time.Hour)
	if ahead := reader.Now().Sub(want); ahead.Abs() > time.Second {
		t.Errorf("a clock opened before the move is %v off", ahead)
	}
	restarted, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := restarted.Offset(); got != 100*24*time.Hour {
		t.Errorf("after a restart the offset is %v", got)
	}
	info, err := os.Stat(folder.Path("clock"))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the clock's file has mode %v", mode)
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	clock, err := Open(trial.Folder(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := clock.set(time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := clock.set(time.Minute); err == nil {
		t.Error("the clock went back")
	}
}

func TestClockRefusesAFileThatIsNoDuration(t *testing.T) {
	for _, content := range []string{"", "tomorrow", "-5h"} {
		folder := trial.Folder(t)
		if err := os.WriteFile(folder.Path("clock"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), folder.Path("clock")) {
			t.Errorf("content %q: error %v does not name the file", content, err)
		}
	}
}
