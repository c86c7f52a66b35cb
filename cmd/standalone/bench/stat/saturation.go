package stat

import "fmt"

// Point is one measured load: so many at once, so many done in a second.
type Point struct {
	Concurrency int     `json:"concurrency"`
	Rate        float64 `json:"rate"` // per second
}

// Saturation finds the concurrency from which more of it gains less than a
// share (0.05 for 5 %). It doubles from first until a doubling gains less or
// passes limit, then tries the middle of the last doubling that did gain. The
// answer is the smallest concurrency tried that no larger one beats by the
// share, with every point that was measured, in the order of measuring.
func Saturation(first, limit int, share float64, measure func(concurrency int) (float64, error)) (int, []Point, error) {
	var points []Point
	try := func(concurrency int) error {
		rate, err := measure(concurrency)
		if err != nil {
			return fmt.Errorf("measure %d at once: %w", concurrency, err)
		}
		points = append(points, Point{concurrency, rate})
		return nil
	}
	if err := try(first); err != nil {
		return 0, points, err
	}
	knee := first
	for 2*knee <= limit {
		if err := try(2 * knee); err != nil {
			return 0, points, err
		}
		if points[len(points)-1].Rate < (1+share)*points[len(points)-2].Rate {
			break
		}
		knee *= 2
	}
	if middle := knee * 3 / 4; knee > first && middle > knee/2 {
		if err := try(middle); err != nil {
			return 0, points, err
		}
	}
	return smallestEnough(points, share), points, nil
}

func smallestEnough(points []Point, share float64) int {
	enough := 0
	for _, point := range points {
		beaten := false
		for _, other := range points {
			beaten = beaten || other.Concurrency > point.Concurrency && other.Rate >= (1+share)*point.Rate
		}
		if !beaten && (enough == 0 || point.Concurrency < enough) {
			enough = point.Concurrency
		}
	}
	return enough
}
