package store_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/api"
)

// entered is somebody's opening under the given details.
func (w *world) entered(details api.PersonDetails) *life {
	w.t.Helper()
	l := w.draft(newID(), &details)
	l.takeIn()
	return l
}

// Rule 2: whoever is held is not sent under a second record of theirs.
func TestRule02_WhoIsEnteredTwiceIsHeldUntilCounselDecides(t *testing.T) {
	born := date("1990-05-05")
	first := api.PersonDetails{FamilyName: "Éxample-Öne", GivenNames: "Ana", BirthDate: born, ANumber: "A000000001"}
	for name, test := range map[string]struct {
		details api.PersonDetails
		held    bool
	}{
		"the same without a number": {api.PersonDetails{FamilyName: "Éxample-Öne", GivenNames: "Ana", BirthDate: born}, true},
		"the names the other way":   {api.PersonDetails{FamilyName: "ANA", GivenNames: " example one", BirthDate: born}, true},
		"a joiner inside":           {api.PersonDetails{FamilyName: "Éxam\u200cple-Öne", GivenNames: "A\u00adna", BirthDate: born}, true},
		"a filler behind":           {api.PersonDetails{FamilyName: "Éxample-Öne\u3164", GivenNames: "Ana\uffa0 \u115f", BirthDate: born}, true},
		"a number of their own":     {api.PersonDetails{FamilyName: "Éxample-Öne", GivenNames: "Ana", BirthDate: born, ANumber: "A000000002"}, false},
		"another name":              {api.PersonDetails{FamilyName: "Éxample-Öne", GivenNames: "Anna", BirthDate: born}, false},
		"another day":               {api.PersonDetails{FamilyName: "Éxample-Öne", GivenNames: "Ana", BirthDate: date("1990-05-06")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			known := w.entered(first)
			second := w.entered(test.details)
			if gate, err := w.store.Authorise(t.Context(), second.authorisation(), "GHA"); err != nil || gate.HoldStands != test.held {
				t.Fatalf("rule 2: held %v, %v", gate.HoldStands, err)
			}
			holds, err := w.store.Holds().List(t.Context(), api.HoldFilter{Sight: api.Sight{Everything: true}, Knows: api.Sight{Everything: true}, PersonID: second.person, Page: api.Page{Limit: 9}})
			if err != nil || (len(holds) == 1) != test.held {
				t.Fatalf("%+v, %v", holds, err)
			}
			if test.held && (len(holds[0].Alike) != 1 || holds[0].Alike[0] != known.person || holds[0].Kind != api.CounselHold) {
				t.Errorf("%+v", holds[0])
			}
			if n := w.count("notices WHERE kind = 'counsel'"); (n > 0) != test.held {
				t.Errorf("%d notices to counsel", n)
			}
		})
	}
}
