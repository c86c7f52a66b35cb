package playbook

import (
	_ "embed" // countries.csv
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// countriesCSV is ISO 3166-1 with the codes that were withdrawn (ISO 3166-3).
//
//go:embed countries.csv
var countriesCSV string

// Country is an entry of ISO 3166.
type Country struct {
	Alpha3    string        `json:"alpha3"`
	Alpha2    string        `json:"alpha2"`
	Name      string        `json:"name"`
	Withdrawn calendar.Date `json:"withdrawn,omitzero"` // the code no longer exists after this day
	// Outside marks what no travel document is asked of: the United States and
	// what belongs to it (8 USC 1101(a)(29) and (38)).
	Outside bool `json:"outside,omitempty"`
}

// Exists tells whether the country code exists on a day.
func (c Country) Exists(on calendar.Date) bool {
	return c.Withdrawn.IsZero() || !on.After(c.Withdrawn)
}

// readCountries reads the embedded table, ordered by alpha-3 code.
func readCountries() ([]Country, error) {
	rows, err := csv.NewReader(strings.NewReader(countriesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read country table: %w", err)
	}
	countries := make([]Country, 0, len(rows))
	for _, row := range rows[1:] {
		country := Country{Alpha3: row[0], Alpha2: row[1], Name: row[2], Outside: row[4] != ""}
		if row[3] != "" {
			if country.Withdrawn, err = calendar.ParseDate(row[3]); err != nil {
				return nil, fmt.Errorf("read country table: %s: %w", row[0], err)
			}
		}
		countries = append(countries, country)
	}
	return countries, nil
}
