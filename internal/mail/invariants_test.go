package mail

import (
	"reflect"
	"testing"
)

// Rule 15: what a mail is made of has room for a code or a country, never both,
// for no words but names of letters, and for nothing that names a person.
func TestRule15_MailHoldsACodeOrACountryAndNoPerson(t *testing.T) {
	codes, countries := reflect.TypeFor[Code](), reflect.TypeFor[Country]()
	words := map[string]bool{"Kind": true, "Bounced": true, "Link": true, "Desk": true}
	for _, data := range []Data{Case{}, Bundle{}, Digest{}} {
		found := fieldTypes(reflect.TypeOf(data))
		if found[codes] && found[countries] {
			t.Errorf("rule 15: %T has room for a code and a country", data)
		}
		for form := range found {
			if form.Kind() != reflect.Struct || form == codes || form == countries {
				continue
			}
			for _, field := range reflect.VisibleFields(form) {
				if form.PkgPath() == codes.PkgPath() && field.Type.Kind() == reflect.String && !words[field.Name] {
					t.Errorf("rule 15: %s.%s is text of its own", form, field.Name)
				}
			}
		}
	}
	for _, personal := range []string{"A123456789", "A 123 456 789", "1987-05-04", "ana@example.org"} {
		f := frame(t)
		f.Desk = "Desk " + personal
		if _, err := Render(Case{sample(t, Level4), f}); err == nil {
			t.Errorf("rule 15: a mail holds %q", personal)
		}
		if _, err := NewCountry(personal); err == nil {
			t.Errorf("rule 15: %q passes for a country", personal)
		}
	}
}
