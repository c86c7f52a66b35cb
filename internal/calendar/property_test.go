package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"pgregory.net/rapid"
)

var units = []calendar.Unit{calendar.BusinessDays, calendar.CalendarDays, calendar.BusinessHours, calendar.Seconds}

// drawSlice is a small calendar in one of several zones, with odd hours and weekends.
func drawSlice(t *rapid.T) calendar.Slice {
	zone := rapid.SampledFrom([]string{"America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/Santiago",
		"Australia/Lord_Howe", "America/St_Johns"}).Draw(t, "zone")
	spec := calendar.Spec{Name: "post/any", Zone: zone, Federal: rapid.Bool().Draw(t, "federal")}
	for weekday := range spec.Week {
		for end := 0; rapid.IntRange(0, 2).Draw(t, "closed") > 0 && end < 1400; {
			open := rapid.IntRange(end, 1438).Draw(t, "open")
			end = rapid.IntRange(open+1, 1440).Draw(t, "close")
			spec.Week[weekday] = append(spec.Week[weekday], calendar.Hours{Open: open, Close: end})
		}
	}
	first, err := calendar.ParseDate("2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 5).Draw(t, "holidays") {
		spec.Holidays = append(spec.Holidays, calendar.Holiday{
			Date: first.AddDays(rapid.IntRange(0, 400).Draw(t, "holiday")), Name: "Example Day"})
	}
	slice, err := calendar.Build(spec, first, first.AddDays(3*366))
	if err != nil {
		t.Fatal(err)
	}
	return slice
}

func drawInstant(t *rapid.T, label string) time.Time {
	first := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	return first.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, label)) * time.Minute)
}

func drawPause(t *rapid.T) calendar.Pause {
	from := drawInstant(t, "pause")
	pause := calendar.Pause{From: from, Reason: "information_asked"}
	if rapid.IntRange(0, 5).Draw(t, "open") > 0 {
		pause.To = from.Add(time.Duration(rapid.IntRange(0, 20*24*60).Draw(t, "length")) * time.Minute)
	}
	return pause
}

func drawCount(t *rapid.T) calendar.Count {
	count := calendar.Count{
		Start:   drawInstant(t, "start"),
		Amount:  calendar.Amount{N: rapid.IntRange(1, 40).Draw(t, "n"), Unit: rapid.SampledFrom(units).Draw(t, "unit")},
		Percent: rapid.IntRange(1, 200).Draw(t, "percent"),
		AsOf:    drawInstant(t, "as of"),
	}
	for range rapid.IntRange(0, 4).Draw(t, "pauses") {
		count.Pauses = append(count.Pauses, drawPause(t))
	}
	return count
}

// never is later than any due date; a suspended clock counts as that.
var never = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

func dueOrNever(t *rapid.T, slice calendar.Slice, count calendar.Count) time.Time {
	due, err := slice.Due(count)
	if errors.Is(err, calendar.ErrHorizon) || due.Suspended {
		return never
	}
	if err != nil {
		t.Fatal(err)
	}
	return due.At
}

func TestPauseNeverBringsForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, count := drawSlice(t), drawCount(t)
		before := dueOrNever(t, slice, count)
		count.Pauses = append(count.Pauses, drawPause(t))
		if after := dueOrNever(t, slice, count); after.Before(before) {
			t.Fatalf("due %s, with one more pause %s", before, after)
		}
	})
}

func TestEarliestIsNotBeforeTheUnpausedDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, count := drawSlice(t), drawCount(t)
		due, err := slice.Due(count)
		if err != nil || !due.Suspended {
			return
		}
		count.Pauses = nil
		if plain := dueOrNever(t, slice, count); due.Earliest.Before(plain) {
			t.Fatalf("earliest %s, without pauses %s", due.Earliest, plain)
		}
	})
}

func TestLargerPercentIsNeverEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, count := drawSlice(t), drawCount(t)
		before := dueOrNever(t, slice, count)
		count.Percent += rapid.IntRange(0, 100).Draw(t, "more")
		if after := dueOrNever(t, slice, count); after.Before(before) {
			t.Fatalf("due %s, at a larger percentage %s", before, after)
		}
	})
}

func TestOrderOfPausesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, count := drawSlice(t), drawCount(t)
		before := dueOrNever(t, slice, count)
		count.Pauses = rapid.Permutation(count.Pauses).Draw(t, "order")
		if after := dueOrNever(t, slice, count); !after.Equal(before) {
			t.Fatalf("due %s, with pauses in another order %s", before, after)
		}
	})
}

func TestBusinessDaysRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice := drawSlice(t)
		n := rapid.IntRange(1, 60).Draw(t, "n")
		due, err := slice.Due(count(drawInstant(t, "start"), n, calendar.BusinessDays, 100))
		if err != nil {
			return
		}
		if got, err := slice.BusinessDaysBetween(due.Why.StartDay, due.Day); err != nil || got != n {
			t.Fatalf("%d business days come back as %d, %v", n, got, err)
		}
	})
}

// The moment before a business clock falls due, the office or post was open.
func TestDueOnlyOnOpenDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, count := drawSlice(t), drawCount(t)
		count.Amount.Unit = rapid.SampledFrom(units[:1]).Draw(t, "business unit")
		if rapid.Bool().Draw(t, "hours") {
			count.Amount.Unit = calendar.BusinessHours
		}
		due, err := slice.Due(count)
		if err != nil || due.Suspended {
			return
		}
		if business, err := slice.IsBusinessDay(due.Day); err != nil || !business {
			t.Fatalf("due on %s, which is closed (%v)", due.Day, err)
		}
		if end := slice.At(due.Day, 1440); due.At.After(end) || due.At.Before(slice.At(due.Day, 0)) {
			t.Fatalf("due %s is not on %s", due.At, due.Day)
		}
	})
}

// Every due date can be recomputed from its explanation by a method that shares no code.
func TestDueByHand(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		slice, count := drawSlice(r), drawCount(r)
		if count.Amount.Unit == calendar.BusinessHours {
			count.Amount.N = min(count.Amount.N, 6)
		}
		due, err := slice.Due(count)
		if errors.Is(err, calendar.ErrHorizon) {
			return
		}
		if err != nil {
			r.Fatal(err)
		}
		last := due.At
		if due.Suspended {
			last = due.Earliest
		}
		if unit := count.Amount.Unit; unit == calendar.BusinessHours || unit == calendar.Seconds {
			if last.Sub(count.Start) > 5*24*time.Hour {
				return // too many ticks to walk
			}
		}
		checkByHand(r, slice, due)
	})
}

func TestNextOpeningIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slice, at := drawSlice(t), drawInstant(t, "at")
		next, err := slice.NextOpening(at)
		if errors.Is(err, calendar.ErrHorizon) {
			return
		}
		if err != nil || next.Before(at) {
			t.Fatalf("next opening after %s is %s, %v", at, next, err)
		}
		if open, err := slice.IsOpen(next); err != nil || !open {
			t.Fatalf("closed at %s: %v", next, err)
		}
		between := at.Add(time.Duration(rapid.Int64Range(0, max(int64(next.Sub(at))-1, 0)).Draw(t, "between")))
		if open, err := slice.IsOpen(between); err != nil || open != (between.Equal(next)) {
			t.Fatalf("open %v at %s before %s, %v", open, between, next, err)
		}
	})
}

func BenchmarkDue(b *testing.B) {
	office := fieldOffice(b)
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	pauses := []calendar.Pause{
		{From: start.AddDate(0, 0, 3), To: start.AddDate(0, 0, 9), Reason: "information_asked"},
		{From: start.AddDate(0, 0, 20), To: start.AddDate(0, 0, 22), Reason: "information_asked"},
	}
	for name, clock := range map[string]calendar.Count{
		"5 business days":           count(start, 5, calendar.BusinessDays, 100),
		"30 business days, pauses":  count(start, 30, calendar.BusinessDays, 100, pauses...),
		"30 calendar days, pauses":  count(start, 30, calendar.CalendarDays, 100, pauses...),
		"16 business hours, pauses": count(start, 16, calendar.BusinessHours, 100, pauses...),
		"400 calendar days":         count(start, 400, calendar.CalendarDays, 100),
		"4 seconds":                 count(start, 4, calendar.Seconds, 100),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := office.Due(clock); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
