package stat_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
)

// knee is a system that does one thing a second for each at once, up to a limit.
func knee(limit float64) func(int) (float64, error) {
	return func(concurrency int) (float64, error) { return min(float64(concurrency), limit), nil }
}

func TestSaturation(t *testing.T) {
	for _, c := range []struct {
		name    string
		measure func(int) (float64, error)
		want    int
		tried   []int
	}{
		{"a knee on a doubling", knee(64), 64, []int{16, 32, 64, 128, 128, 48}},
		{"a knee between doublings", knee(90), 96, []int{16, 32, 64, 128, 256, 256, 96}},
		{"a knee before the first", knee(10), 16, []int{16, 32, 32}},
		{"no knee up to the limit", knee(1e9), 256, []int{16, 32, 64, 128, 256, 192}},
		{"a gain of just under the share", func(c int) (float64, error) { return 100 + 4*float64(c)/32, nil }, 16, []int{16, 32, 32}},
	} {
		got, points, err := stat.Saturation(16, 256, 0.05, c.measure)
		var tried []int
		for _, point := range points {
			tried = append(tried, point.Concurrency)
		}
		if err != nil || got != c.want || !slices.Equal(tried, c.tried) {
			t.Errorf("%s: %d after %v (%v), want %d after %v", c.name, got, tried, err, c.want, c.tried)
		}
	}
}

func TestSaturationIsNotEndedByOneDisturbance(t *testing.T) {
	steady, disturbed := knee(64), false
	got, _, err := stat.Saturation(16, 256, 0.05, func(concurrency int) (float64, error) {
		if concurrency == 32 && !disturbed {
			disturbed = true
			return 3, nil
		}
		return steady(concurrency)
	})
	if err != nil || got != 64 {
		t.Errorf("answered %d, %v, want 64", got, err)
	}
}

func TestSaturationReportsWhatFailed(t *testing.T) {
	broken := errors.New("no engine")
	_, points, err := stat.Saturation(16, 256, 0.05, func(concurrency int) (float64, error) {
		if concurrency > 16 {
			return 0, broken
		}
		return 1, nil
	})
	if !errors.Is(err, broken) || len(points) != 1 {
		t.Errorf("answered %v after %v", err, points)
	}
}
