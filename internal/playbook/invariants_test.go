package playbook

import (
	"strings"
	"testing"
)

// Rule 18: no pack discloses criminal records or lists them as an item, and one
// that would has a source of the country that asks for them.
func TestRule18_CriminalRecordsStayByDefault(t *testing.T) {
	for _, pack := range published(t).Published() {
		if pack.CriminalRecords.Allowed {
			t.Errorf("rule 18: %s discloses criminal records", pack.ID())
		}
		for _, item := range pack.Checklist {
			text := strings.ToLower(item.ID + " " + item.Title)
			for _, word := range []string{"criminal", "convict", "arrest", "police record"} {
				if strings.Contains(text, word) {
					t.Errorf("rule 18: %s lists %s", pack.ID(), item.ID)
				}
			}
		}
	}
	pack, err := published(t).Pack("KHM", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	pack.CriminalRecords.Allowed, pack.CriminalRecords.Minimum = true, ConvictionList
	if Validate(pack) == nil {
		t.Error("rule 18: disclosure passes on the house's own word")
	}
	pack.CriminalRecords.Standing, pack.CriminalRecords.Evidence = Agreement, PrimaryText
	if err := Validate(pack); err != nil || !pack.MayDisclose(ConvictionList) || pack.MayDisclose(ConvictionRecord) {
		t.Errorf("rule 18: a country that asks for a list gets something else than the list: %v", err)
	}
	for _, minimum := range []string{"", "everything"} {
		pack.CriminalRecords.Minimum = minimum
		if Validate(pack) == nil {
			t.Errorf("rule 18: disclosure passes with the minimum %q", minimum)
		}
	}
}
