package mail

import (
	"fmt"
	"strings"
	"time"
)

// nearDays is how close a day must be, before or after, for its weekday to help.
const nearDays = 14

// dayWords writes "3 Mar 2026", with the weekday in front when it is near.
func dayWords(day, today Day) string {
	form := "2 Jan 2006"
	if distance := day.since(today); distance >= -nearDays && distance <= nearDays {
		form = "Mon 2 Jan 2006"
	}
	return day.midnight().Format(form)
}

// instantWords writes "Fri 6 Mar 2026, 5:00 pm EST" in the recipient's zone.
// Midnight is where a day counted whole ends: it is told as the end of that day.
func instantWords(at, now time.Time, zone *time.Location) string {
	local := at.In(zone)
	if isMidnight(local) {
		return "the end of " + dayWords(dueDay(at, zone), dayOf(now.In(zone)))
	}
	name := local.Format("MST")
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		name = "UTC" + name
	}
	return fmt.Sprintf("%s, %s %s", dayWords(dayOf(local), dayOf(now.In(zone))), local.Format("3:04 pm"), name)
}

// daysWords counts the days until a day: "42 days", "1 day", "today", "3 days late".
func daysWords(until int) string {
	switch {
	case until == 0:
		return "today"
	case until < 0:
		return plural(-until, "day") + " late"
	default:
		return plural(until, "day")
	}
}

// plural writes a count with its noun; thousands are separated by commas.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return count(n) + " " + noun
}

func count(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
