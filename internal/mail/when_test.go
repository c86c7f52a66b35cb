package mail

import (
	"testing"
	"time"
)

func TestWordsForDaysAndMoments(t *testing.T) {
	zone := newYork(t)
	now := time.Date(2026, 3, 3, 23, 30, 0, 0, zone)
	moments := map[time.Time]string{
		time.Date(2026, 3, 6, 22, 0, 0, 0, time.UTC):  "Fri 6 Mar 2026, 5:00 pm EST",
		time.Date(2026, 3, 17, 21, 0, 0, 0, time.UTC): "Tue 17 Mar 2026, 5:00 pm EDT", // 14 days, across the change of clocks
		time.Date(2026, 3, 18, 3, 59, 0, 0, time.UTC): "Tue 17 Mar 2026, 11:59 pm EDT",
		time.Date(2026, 3, 18, 4, 0, 0, 0, time.UTC):  "the end of Tue 17 Mar 2026", // nobody's hour
		time.Date(2026, 3, 4, 4, 59, 59, 0, time.UTC): "Tue 3 Mar 2026, 11:59 pm EST",
		time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC):  "Wed 4 Mar 2026, 12:00 pm EST",
		time.Date(2026, 2, 17, 17, 0, 0, 0, time.UTC): "Tue 17 Feb 2026, 12:00 pm EST",
		time.Date(2026, 2, 16, 17, 0, 0, 0, time.UTC): "16 Feb 2026, 12:00 pm EST",
		time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC): "1 Nov 2026, 1:30 am EDT", // the hour that comes twice
		time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC): "1 Nov 2026, 1:30 am EST",
		time.Date(2027, 1, 1, 4, 59, 0, 0, time.UTC):  "31 Dec 2026, 11:59 pm EST",
	}
	for at, want := range moments {
		if got := instantWords(at, now, zone); got != want {
			t.Errorf("%s: %q, want %q", at.Format(time.RFC3339), got, want)
		}
	}
	brazil, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	if got := instantWords(time.Date(2026, 3, 6, 20, 0, 0, 0, time.UTC), now, brazil); got != "Fri 6 Mar 2026, 5:00 pm UTC-03" {
		t.Errorf("zone without a name: %q", got)
	}
	for until, want := range map[int]string{0: "today", 1: "1 day", 42: "42 days", -1: "1 day late", -3: "3 days late", 1200: "1,200 days"} {
		if got := daysWords(until); got != want {
			t.Errorf("%d: %q, want %q", until, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

// What fell due at the midnight that ends a day is overdue since that day.
func TestMidnightEndsTheDayBefore(t *testing.T) {
	notice := sample(t, Overdue)
	notice.Due = time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC) // 3 March ends in Boston
	letter, err := Render(Case{notice, frame(t)})
	if err != nil {
		t.Fatal(err)
	}
	if want := "TD-7Q4M2K: next step overdue since Tue 3 Mar 2026"; letter.Subject != want {
		t.Errorf("%q, want %q", letter.Subject, want)
	}
}
