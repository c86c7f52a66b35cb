package stat

import "fmt"

// Point is one measured load: so many at once, so many done in a second.
type Point struct {
	Concurrency int     `json:"concurrency"`
	Rate        float64 `json:"rate"` // per second
}

// Saturation finds the concurrency from which more of it gains less than a
// share (0.05 for 5 %). It doubles from first until a doubling gains less, twice
// measured, or passes limit, then tries the middle of the last doubling that did
// gain. The answer is the smallest concurrency tried that no larger one beats by the
// share, with every point that was measured, in the order of measuring.
func Saturation(first, limit int, share float64, measure func(concurrency int) (float64, error)) (int, []Point, error) {
	s := saturation{share: share, measure: measure}
	s.try(first)
	knee := first
	for s.err == nil && 2*knee <= limit {
		s.try(2 * knee)
		if !s.gained(knee, 2*knee) {
			// Something else on the machine may have disturbed it.
			s.try(2 * knee)
		}
		if !s.gained(knee, 2*knee) {
			break
		}
		knee *= 2
	}
	if middle := knee * 3 / 4; knee > first && middle > knee/2 {
		s.try(middle)
	}
	return s.smallestEnough(), s.points, s.err
}

// saturation is one search under way; after an error nothing is tried any more.
type saturation struct {
	share   float64
	measure func(concurrency int) (float64, error)
	points  []Point
	err     error
}

func (s *saturation) try(concurrency int) {
	if s.err != nil {
		return
	}
	rate, err := s.measure(concurrency)
	if err != nil {
		s.err = fmt.Errorf("measure %d at once: %w", concurrency, err)
		return
	}
	s.points = append(s.points, Point{concurrency, rate})
}

// best is the highest rate measured at a concurrency.
func (s *saturation) best(concurrency int) float64 {
	best := 0.0
	for _, point := range s.points {
		if point.Concurrency == concurrency {
			best = max(best, point.Rate)
		}
	}
	return best
}

func (s *saturation) gained(from, to int) bool { return s.best(to) >= (1+s.share)*s.best(from) }

func (s *saturation) smallestEnough() int {
	enough := 0
	for _, point := range s.points {
		beaten := false
		for _, other := range s.points {
			beaten = beaten || other.Concurrency > point.Concurrency && s.gained(point.Concurrency, other.Concurrency)
		}
		if !beaten && (enough == 0 || point.Concurrency < enough) {
			enough = point.Concurrency
		}
	}
	return enough
}
