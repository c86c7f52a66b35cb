package playbook

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// SheetForm is what the values of a data-sheet field look like. It leaves no room for
// a sentence: a data sheet leaves without a second person's review of what it
// discloses, and free text never does.
type SheetForm string

// The forms of values.
const (
	DateForm          SheetForm = "date" // of the calendar, YYYY-MM-DD
	NameForm          SheetForm = "name"
	PlaceForm         SheetForm = "place" // a town, a province, an address
	CountryForm       SheetForm = "country"
	NumberForm        SheetForm = "number" // of a document
	HeightForm        SheetForm = "height"
	ColorForm         SheetForm = "color"
	SexForm           SheetForm = "sex"
	MaritalStatusForm SheetForm = "marital_status"
)

// shape is a form in letters: one line of at most so many characters and words.
// Without a pattern its values are a list.
type shape struct {
	pattern           *regexp.Regexp
	characters, words int
	values            []string
}

func shapes() map[SheetForm]shape {
	return map[SheetForm]shape{
		NameForm:          {pattern: regexp.MustCompile(`^[\p{L}\p{M} '’.,/()-]+$`), characters: 120, words: 8},
		PlaceForm:         {pattern: regexp.MustCompile(`^[\p{L}\p{M}\p{N} '’.,/()#-]+$`), characters: 120, words: 14},
		CountryForm:       {pattern: regexp.MustCompile(`^[\p{L}\p{M} '’.,()-]+$`), characters: 60, words: 7},
		NumberForm:        {pattern: regexp.MustCompile(`^[\p{L}\p{N} /.-]*\p{N}[\p{L}\p{N} /.-]*$`), characters: 40, words: 4},
		HeightForm:        {pattern: regexp.MustCompile(`^([0-9]{2,3} ?cm|[0-9]' ?([0-9]|1[01])")$`), characters: 10, words: 2},
		ColorForm:         {values: []string{"amber", "bald", "black", "blond", "blue", "brown", "gray", "green", "grey", "hazel", "maroon", "red", "white"}},
		SexForm:           {values: []string{"f", "female", "m", "male", "x"}},
		MaritalStatusForm: {values: []string{"divorced", "married", "separated", "single", "unmarried", "widowed"}},
	}
}

// telling are beginnings of words that stand in no name or place and would tell
// of what must not leave (8 CFR 208.6, 8 USC 1367).
func telling() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^\p{L}])(asyl|refugee|persecut|tortur|withhold|traffick|deferr|credible|reasonable fear|citizenship claim|removal|deport|convict|felon|detain|i-?589|u visa|t visa|vawa)`)
}

// Takes tells whether a value has the form. An empty one always has: it is blank.
func (f SheetForm) Takes(value string) bool {
	if value == "" {
		return true
	}
	if f == DateForm {
		_, err := calendar.ParseDate(value)
		return err == nil
	}
	shape, known := shapes()[f]
	switch {
	case !known || telling().MatchString(value):
		return false
	case shape.pattern == nil:
		return slices.Contains(shape.values, strings.ToLower(value))
	}
	return shape.pattern.MatchString(value) && utf8.RuneCountInString(value) <= shape.characters && len(strings.Fields(value)) <= shape.words
}
