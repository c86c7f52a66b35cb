package playbook

import (
	_ "embed" // notification.csv
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// notificationCSV is the list of countries that have to be told, a source and a
// day for each line. Evidence V: read in the text that the source names, which is
// 8 CFR 236.1(e), what amended it, or the State Department's list of the same
// arrangements; M: to be checked.
//
//go:embed notification.csv
var notificationCSV string

// MandatoryNotification is a country whose consular officers are told of a
// detention at once, whatever the person wishes.
type MandatoryNotification struct {
	Country     string
	WithinHours int    // limit of the arrangement with the country; 0: at once
	Exception   string // when it is not mandatory after all; empty: never
	Source      string
	Read        calendar.Date
	Evidence    string
}

// MandatoryNotification finds a country on the list.
func (l Library) MandatoryNotification(country string) (MandatoryNotification, bool) {
	found, mandatory := l.notification[country]
	return found, mandatory
}

func readNotification(known map[string]Country) (map[string]MandatoryNotification, error) {
	rows, err := csv.NewReader(strings.NewReader(notificationCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read notification list: %w", err)
	}
	list := make(map[string]MandatoryNotification, len(rows))
	for _, row := range rows[1:] {
		entry := MandatoryNotification{Country: row[0], Exception: row[2], Source: row[3], Evidence: row[5]}
		if row[1] != "" {
			if entry.WithinHours, err = strconv.Atoi(row[1]); err != nil {
				return nil, fmt.Errorf("read notification list: hours of %s: %w", row[0], err)
			}
		}
		if entry.Read, err = calendar.ParseDate(row[4]); err != nil {
			return nil, fmt.Errorf("read notification list: day of %s: %w", row[0], err)
		}
		if _, exists := known[entry.Country]; !exists || entry.Source == "" {
			return nil, fmt.Errorf("read notification list: %q is no country, or has no source", entry.Country)
		}
		list[entry.Country] = entry
	}
	return list, nil
}
