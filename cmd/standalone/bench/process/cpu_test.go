package process

import (
	"os"
	"testing"
	"time"
)

func TestCPUCountsWhatWasSpent(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for after := before; after < before+5*tick; {
		if after, err = CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if family, err := FamilyCPU(os.Getpid()); err != nil || family < before {
		t.Errorf("the family spent %v and the process alone %v, %v", family, before, err)
	}
	_, err = CPU(-1)
	if _, familyErr := FamilyCPU(-1); err == nil || familyErr == nil {
		t.Error("a process that is not there has spent something")
	}
}

func TestCPUOfReadsTheKernelsLine(t *testing.T) {
	line := "42 (a (name) here) S 1 42 42 0 -1 4194560 100 200 0 0 11 22 3 4 20 0 1 0 100 0 0"
	for count, want := range map[int]time.Duration{2: 330 * time.Millisecond, 4: 400 * time.Millisecond} {
		if got, err := cpuOf(line, count); err != nil || got != want {
			t.Errorf("%d fields are %v, %v, want %v", count, got, err, want)
		}
	}
	if fields := fieldsOf(line); fields[1] != "1" {
		t.Errorf("the parent is %s, want 1", fields[1])
	}
	for _, bad := range []string{"", "42 (x) S 1", "42 (x) S 1 42 42 0 -1 4194560 100 200 0 0 11 22 3 x 20"} {
		if _, err := cpuOf(bad, 4); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
