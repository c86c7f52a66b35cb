package stat_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	// The textbook example of the nearest-rank method.
	values := []float64{35, 20, 15, 50, 40}
	for _, c := range []struct{ p, want float64 }{{5, 15}, {30, 20}, {40, 20}, {50, 35}, {99, 50}, {100, 50}} {
		if got := stat.Percentile(values, c.p); got != c.want {
			t.Errorf("percentile %v is %v, want %v", c.p, got, c.want)
		}
	}
	if values[0] != 35 {
		t.Error("the values were put in another order")
	}
	if got := stat.Percentile([]float64(nil), 50); got != 0 {
		t.Errorf("percentile of nothing is %v", got)
	}
}

func TestPercentileSplitsTheValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(-1000, 1000), 1, 200).Draw(t, "values")
		p := rapid.Float64Range(0.1, 100).Draw(t, "p")
		found := stat.Percentile(values, p)
		below, upTo := 0, 0
		for _, value := range values {
			if value < found {
				below++
			}
			if value <= found {
				upTo++
			}
		}
		wanted := p / 100 * float64(len(values))
		if float64(upTo) < wanted-1e-9 || float64(below) > math.Ceil(wanted)-1 {
			t.Fatalf("%d values are below %d and %d up to it, of %d at %v %%", below, found, upTo, len(values), p)
		}
	})
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := stat.Median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
	}
}

func TestMean(t *testing.T) {
	if stat.Mean(nil) != 0 || stat.Mean([]float64{1, 2, 6}) != 3 {
		t.Errorf("the mean of nothing is %v and of 1, 2 and 6 %v", stat.Mean(nil), stat.Mean([]float64{1, 2, 6}))
	}
}

func TestMillisecondsAndRatio(t *testing.T) {
	if got := stat.Milliseconds([]time.Duration{1500 * time.Microsecond}); len(got) != 1 || got[0] != 1.5 {
		t.Errorf("milliseconds are %v, want 1.5", got)
	}
	if stat.Ratio(3, 2) != 1.5 || stat.Ratio(1, 0) != 0 {
		t.Error("ratio of 3 to 2 is not 1.5, or of 1 to 0 not 0")
	}
}
