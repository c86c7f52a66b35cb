package playbook

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func published(t testing.TB) Library {
	t.Helper()
	library, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// The countries whose ways are known well enough for a pack of their own.
func packCountries() []string {
	return []string{
		"KHM", "VNM", "LAO", "CHN", "TWN", "IRQ", "HTI", "NIC", "HND", "GHA", "CMR",
		"PAK", "BGD", "IND", "NGA", "AFG", "LKA", "GEO", "TUR", "UKR", "HKG", "POL",
	}
}

func TestEveryKnownCountryHasItsOwnPack(t *testing.T) {
	library := published(t)
	for _, country := range packCountries() {
		pack, err := library.Pack(country, day(t, "2026-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		if pack.Key != strings.ToLower(country) || pack.Country != country || pack.Basis != "default/1" {
			t.Errorf("%s is measured by %s of %s on %s", country, pack.ID(), pack.Country, pack.Basis)
		}
		if err := Validate(pack); err != nil {
			t.Errorf("%s: %v", pack.ID(), err)
		}
	}
	if n := len(library.Published()); n != len(packCountries())+1 {
		t.Errorf("%d versions published, want one for each known country and the default", n)
	}
}

func TestEveryOtherCountryUsesTheDefault(t *testing.T) {
	library := published(t)
	on := day(t, "2026-06-01")
	current := 0
	for _, country := range library.Countries() {
		pack, err := library.Pack(country.Alpha3, on)
		switch {
		case country.Outside:
			if !errors.Is(err, ErrOwnCountry) || len(library.Versions(country.Alpha3)) > 0 {
				t.Errorf("%s: %v", country.Alpha3, err)
			}
		case !country.Withdrawn.IsZero():
			if !errors.Is(err, ErrWithdrawnCountry) {
				t.Errorf("%s: %v", country.Alpha3, err)
			}
		default:
			current++
			own := slices.Contains(packCountries(), country.Alpha3)
			if err != nil || pack.Country != country.Alpha3 || (pack.Key == "default") == own || pack.Terms().Country != country.Alpha3 {
				t.Errorf("%s: pack %s for %s, %v", country.Alpha3, pack.ID(), pack.Country, err)
			}
		}
	}
	if current != 249-7 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1 without the seven of the United States", current)
	}
	for _, code := range []string{"", "default", "gha", "QQQ", "XXB", "GH"} {
		if _, err := library.Pack(code, on); !errors.Is(err, ErrUnknownCountry) {
			t.Errorf("%q: %v, want an unknown country", code, err)
		}
	}
	first, _ := library.Pack("FRA", on)
	second, _ := library.Pack("JPN", on)
	if first.Hash != second.Hash || first.Hash == "" {
		t.Error("the default pack has a hash for each country")
	}
}

func TestWithdrawnCodeExistsUntilItsDay(t *testing.T) {
	library := published(t)
	if _, err := library.Pack("YUG", day(t, "2003-07-23")); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	if _, err := library.Pack("YUG", day(t, "2003-07-24")); !errors.Is(err, ErrWithdrawnCountry) {
		t.Errorf("a day later: %v", err)
	}
}

func TestDefaultTerms(t *testing.T) {
	pack, err := published(t).Pack("FRA", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	terms := pack.Terms()
	stages := []struct {
		stage    string
		detained bool
		want     string
	}{
		{"assembling", false, "30 calendar_days office"},
		{"assembling", true, "7 calendar_days office"},
		{"review", true, "2 business_days office"},
		{"ready", false, "1 business_days office"},
		{"submitted", false, "5 business_days post"},
		{"received", false, ""},
		{"information_asked", false, "7 calendar_days office"},
		{"interview", false, ""},
		{"verifying", true, "30 calendar_days post"},
		{"issued", false, "1 business_days office"},
		{"travel_ready", false, ""},
		{"refused", false, "10 calendar_days post"},
	}
	for _, tc := range stages {
		got := ""
		if term, ok := terms.Stage(tc.stage, tc.detained); ok {
			got = fmt.Sprintf("%d %s %s", term.Amount.N, term.Amount.Unit, term.Calendar)
		}
		if got != tc.want {
			t.Errorf("%s (detained %v): %q, want %q", tc.stage, tc.detained, got, tc.want)
		}
	}
	got := fmt.Sprint(terms.Timescale, terms.Ladder, terms.ValidityAlertPercents, terms.ValidityAlertDays, terms.TravelMarginDays, terms.Version)
	want := "{{30 calendar_days} post} {[80 100 125 150] 2 {1 business_days} [14 14 10 10 14 7 7] {60 90 120 150 180}} [50 25] [7] 3 1"
	if got != want {
		t.Errorf("terms\n%s, want\n%s", got, want)
	}
	if len(terms.Hash) != 64 || terms.Hash != pack.Hash {
		t.Errorf("hash %q", terms.Hash)
	}
}

// The figures by which the packs of the known countries differ, and what they rest on.
func TestCountryTimescales(t *testing.T) {
	want := map[string]string{
		"KHM": "30 calendar_days S agreement", "CHN": "30 calendar_days S practice", "PAK": "30 calendar_days S- seed",
		"IND": "70 calendar_days S seed", "AFG": "28 calendar_days S seed", "LKA": "15 business_days M seed",
		"GEO": "12 calendar_days M seed", "TUR": "25 calendar_days M seed", "UKR": "14 calendar_days M seed",
	}
	library := published(t)
	for _, country := range packCountries() {
		pack, err := library.Pack(country, day(t, "2026-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		wanted, ok := want[country]
		if !ok {
			wanted = "30 calendar_days M seed"
		}
		f := pack.Timescale
		if got := fmt.Sprintf("%d %s %s %s", f.N, f.Unit, f.Evidence, f.Standing); got != wanted || f.Calendar != Post {
			t.Errorf("%s: %s counted by %s, want %s by the post", country, got, f.Calendar, wanted)
		}
	}
}

// Terms agreed between other states never look like something owed here.
func TestForeignAgreementsAreSeeds(t *testing.T) {
	for _, pack := range published(t).Published() {
		eachProvenance(pack, func(field string, p Provenance) {
			foreign := strings.Contains(p.Source, "EU") || strings.Contains(p.Source, "United Kingdom") || strings.Contains(p.Source, "Austria")
			if !foreign {
				return
			}
			if !p.Assumption() || !strings.Contains(p.Note, "does not bind the United States") {
				t.Errorf("%s %s: %s is %s, %q", pack.ID(), field, p.Source, p.Standing, p.Note)
			}
		})
	}
}

func TestEachStatementSaysWhereItComesFrom(t *testing.T) {
	figures := 0
	for _, pack := range published(t).Published() {
		eachProvenance(pack, func(field string, p Provenance) {
			figures++
			if p.Source == "" || p.Date.IsZero() || p.Evidence == "" || p.Standing == "" {
				t.Errorf("%s %s: %+v", pack.ID(), field, p)
			}
			if (p.Evidence == CommonKnowledge || p.Evidence == Derived) && !strings.HasPrefix(p.Note, "Assumption:") && !strings.HasPrefix(p.Note, "Seed:") {
				t.Errorf("%s %s: %q does not say that it is an assumption", pack.ID(), field, p.Note)
			}
		})
	}
	if figures < 1000 {
		t.Errorf("only %d statements were looked at", figures)
	}
}

func TestPakistanHasTiersOfEvidence(t *testing.T) {
	pack, err := published(t).Pack("PAK", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Proof{}
	for _, item := range pack.Checklist {
		got[item.ID] = item.Proves
	}
	want := map[string]Proof{
		"passport_copy": ProvesNationality, "national_id": ProvesNationality, "citizenship_certificate": ProvesNationality,
		"fingerprints": StartsVerification, "provisional_id": StartsVerification, "own_statement": StartsVerification,
		"driving_license": StartsVerification, "authenticated_copies": StartsVerification, "form_i217": StartsVerification,
	}
	for id, proof := range want {
		if got[id] != proof {
			t.Errorf("%s proves %q, want %q", id, got[id], proof)
		}
	}
}

func TestConsularNotification(t *testing.T) {
	library := published(t)
	want := map[string]NotificationClass{
		"TWN": NotifySpecial, "HKG": NotifySpecial, "POL": NotifySpecial, "GHA": NotifyMandatory,
		"NGA": NotifyMandatory, "CHN": NotifyMandatory, "IND": NotifyOptional, "FRA": NotifyLookUp,
	}
	for country, class := range want {
		pack, err := library.Pack(country, day(t, "2026-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		if pack.Notification.Class != class {
			t.Errorf("%s: %s, want %s", country, pack.Notification.Class, class)
		}
	}
	hongKong, _ := library.Pack("HKG", day(t, "2026-06-01"))
	if within := hongKong.Notification.Within; within == nil || within.N != 4 || within.Unit != calendar.CalendarDays {
		t.Errorf("Hong Kong is notified within %+v", within)
	}
	taiwan, _ := library.Pack("TWN", day(t, "2026-06-01"))
	if !strings.Contains(taiwan.Notification.Rule, "TECRO") || !taiwan.VerifiedIssuer("tecro") || taiwan.VerifiedIssuer("embassy") {
		t.Error("Taiwan is not dealt with by TECRO alone")
	}
}

func TestNothingIsDisclosedByDefault(t *testing.T) {
	for _, pack := range published(t).Published() {
		if pack.CriminalRecords.Allowed {
			t.Errorf("%s discloses criminal records", pack.ID())
		}
	}
}

func TestStaleFromTheDayAfterReview(t *testing.T) {
	pack := Pack{ReviewBy: day(t, "2027-03-02")}
	if pack.Stale(day(t, "2027-03-02")) || !pack.Stale(day(t, "2027-03-03")) {
		t.Error("a pack is stale from the day after its review was due")
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, name := range []string{"packs/default-v1.yaml", "packs/twn-v1.yaml", "packs/pak-v1.yaml"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("country: GHA\nversion: 1\ntimescale: {n: 1, unit: calendar_days, calendar: post, source: s, date: 2020-01-01, evidence: V, standing: law}\n"))
	f.Add([]byte("a: &a [*a, *a]\n"))
	basis, err := published(f).Pack("FRA", calendar.Date{Year: 2026, Month: 6, Day: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseDocument(raw)
		if err != nil {
			return
		}
		pack := doc.over(basis)
		if Validate(pack) != nil {
			return
		}
		first, err := pack.hash()
		if err != nil {
			t.Fatal(err)
		}
		if second, _ := doc.over(basis).hash(); second != first {
			t.Fatal("the same document has two hashes")
		}
		if law := pack.Terms().Ladder.CustodyDays; law.L3 != 90 || law.L6 != 180 {
			t.Fatalf("accepted with custody days %+v", law)
		}
	})
}
