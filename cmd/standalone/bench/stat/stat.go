// Package stat reduces measurements to the few numbers that are reported.
package stat

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Percentile is the smallest value that at least p percent of the values do
// not exceed (nearest rank), 0 < p <= 100. Nothing is interpolated, so that
// what is reported was measured. The percentile of nothing is zero.
func Percentile[T cmp.Ordered](values []T, p float64) T {
	if len(values) == 0 {
		var none T
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median is the middle value, and of an even number the mean of the middle two.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Mean is the average; of nothing it is zero.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return Ratio(sum, float64(len(values)))
}

// Milliseconds of durations, for reports.
func Milliseconds(durations []time.Duration) []float64 {
	values := make([]float64, len(durations))
	for i, duration := range durations {
		values[i] = float64(duration) / float64(time.Millisecond)
	}
	return values
}

// Ratio is a over b, and zero when there is no b to compare with.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
