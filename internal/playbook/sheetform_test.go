package playbook

import (
	"strings"
	"testing"
)

func TestAFormTakesItsValuesAndNoSentence(t *testing.T) {
	for form, values := range map[SheetForm]struct{ taken, refused []string }{
		DateForm:    {[]string{"2019-05-06"}, []string{"soon", "2019-02-30"}},
		NameForm:    {[]string{"Yaw Example", "O’Example-Sample, Ana María", "Примеров", "de la Cruz y Example"}, []string{"Yaw, see file 12", "Ana\nasked for help", "Ana Asylum-Seeker", "a b c d e f g h i", strings.Repeat("a", 121)}},
		PlaceForm:   {[]string{"12/4 Rue de l’Exemple, Exampleville", "São Exemplo"}, []string{"Exampleville; fled in 2015", "he was tortured in Exampleville", "Exampleville: north"}},
		CountryForm: {[]string{"Ghana", "Korea, Democratic People's Republic of"}, []string{"Ghana 2", "stateless since he fled with all of his family"}},
		NumberForm:  {[]string{"G 1234567", "12-34/A"}, []string{"unknown", "I-589 of 2019", "lost on 3 May in the camp"}},
		HeightForm:  {[]string{"178 cm", `5' 11"`}, []string{"tall", "178"}},
		ColorForm:   {[]string{"Brown", "hazel"}, []string{"brown, with a scar"}},
		SexForm:     {[]string{"M", "F", "X"}, []string{"M. His asylum claim was denied"}},

		MaritalStatusForm: {[]string{"Married"}, []string{"married to a witness"}},
		SheetForm("text"): {nil, []string{"anything"}},
	} {
		for _, value := range append(values.taken, "") {
			if !form.Takes(value) {
				t.Errorf("%s does not take %q", form, value)
			}
		}
		for _, value := range values.refused {
			if form.Takes(value) {
				t.Errorf("%s takes %q", form, value)
			}
		}
	}
}

func TestEveryDataSheetFieldHasAForm(t *testing.T) {
	fields, err := DataSheetFields()
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		if _, known := shapes()[field.Form]; !known && field.Form != DateForm {
			t.Errorf("%s has the form %q", field.Name, field.Form)
		}
	}
}
