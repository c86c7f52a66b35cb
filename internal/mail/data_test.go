package mail

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A code beside a country would tell the nationality of a request (8 CFR 208.6).
func TestNoMailHoldsCodeAndCountry(t *testing.T) {
	codes, countries := reflect.TypeFor[Code](), reflect.TypeFor[Country]()
	for _, data := range []Data{Case{}, Bundle{}, Digest{}} {
		fields := fieldTypes(reflect.TypeOf(data))
		if fields[codes] && fields[countries] {
			t.Errorf("%T can hold a code and a country", data)
		}
	}
	if _, err := NewCountry("TD-7Q4M2K"); err == nil {
		t.Error("a code passes as a country")
	}
	if _, err := ParseCode("Ghana"); err == nil {
		t.Error("a country passes as a code")
	}
}

func fieldTypes(t reflect.Type) map[reflect.Type]bool {
	found := map[reflect.Type]bool{t: true}
	switch t.Kind() {
	case reflect.Slice:
		for inner := range fieldTypes(t.Elem()) {
			found[inner] = true
		}
	case reflect.Struct:
		if t.PkgPath() == reflect.TypeFor[Case]().PkgPath() {
			for i := range t.NumField() {
				for inner := range fieldTypes(t.Field(i).Type) {
					found[inner] = true
				}
			}
		}
	}
	return found
}

// A new field has to be argued for here: nothing about a person may enter a mail.
func TestDataHasNoRoomForAPerson(t *testing.T) {
	allowed := map[string]bool{
		"Kind": true, "Code": true, "Due": true, "On": true, "Days": true, "Since": true, "Bounced": true,
		"Link": true, "Desk": true, "Zone": true, "Now": true, "Repeat": true,
		"Notices": true, "Rows": true, "Country": true, "Total": true, "Overdue": true, "ThisWeek": true,
		"Notice": true, "Frame": true,
	}
	for _, form := range []reflect.Type{
		reflect.TypeFor[Case](), reflect.TypeFor[Bundle](), reflect.TypeFor[Digest](),
		reflect.TypeFor[Notice](), reflect.TypeFor[Frame](), reflect.TypeFor[Count](),
	} {
		for i := range form.NumField() {
			if !allowed[form.Field(i).Name] {
				t.Errorf("%s.%s is new: can it hold something about a person?", form, form.Field(i).Name)
			}
		}
	}
}

func TestPersonalIdentifiersFindNoWayIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		personal := rapid.SampledFrom([]string{"A123456789", "A 123 456 789", "1987-05-04", "ana@example.org", "<b>x</b>"}).Draw(t, "personal")
		if _, err := ParseCode(personal); err == nil {
			t.Fatal("code takes it")
		}
		if _, err := NewCountry(personal); err == nil {
			t.Fatal("country takes it")
		}
		f := frame(t)
		f.Desk = "Desk " + personal
		if _, err := Render(Case{sample(t, Level4), f}); err == nil || strings.Contains(err.Error(), personal) {
			t.Fatalf("desk takes it or the error repeats it: %v", err)
		}
		f = frame(t)
		f.Link += "?who=" + personal
		if _, err := Render(Case{sample(t, Level4), f}); err == nil {
			t.Fatal("link takes a query")
		}
	})
}

func TestDataThatSaysTooLittleIsRefused(t *testing.T) {
	good := Case{sample(t, Level4), frame(t)}
	day := Day{2026, 4, 14}
	rows := map[string]func(*Case){
		"no code":               func(c *Case) { c.Code = Code{} },
		"unknown kind":          func(c *Case) { c.Kind = "l7" },
		"no date":               func(c *Case) { c.Due = time.Time{} },
		"day for instant":       func(c *Case) { c.Due, c.On = time.Time{}, day },
		"both dates":            func(c *Case) { c.On = day },
		"instant for day":       func(c *Case) { c.Kind, c.Since, c.Days = Custody, Day{}, 0 },
		"date for level 6":      func(c *Case) { c.Kind = Level6 },
		"day that is none":      func(c *Case) { c.Since = Day{2026, 2, 30} },
		"negative wait":         func(c *Case) { c.Days = -1 },
		"wait without start":    func(c *Case) { c.Since = Day{} },
		"bounced without kind":  func(c *Case) { c.Bounced = Level1 },
		"no zone":               func(c *Case) { c.Zone = nil },
		"no time of composing":  func(c *Case) { c.Now = time.Time{} },
		"line break in desk":    func(c *Case) { c.Desk = "Desk\r\nBcc: x@example.org" },
		"line separator":        func(c *Case) { c.Desk = "Desk\u2028next" },
		"no desk":               func(c *Case) { c.Desk = "" },
		"plain http":            func(c *Case) { c.Link = "http://traveldoc.example/a/x" },
		"script link":           func(c *Case) { c.Link = "javascript:alert(1)" },
		"link with password":    func(c *Case) { c.Link = "https://a:b@traveldoc.example/a/x" },
		"link with fragment":    func(c *Case) { c.Link = "https://traveldoc.example/a/x#y" },
		"link with line break":  func(c *Case) { c.Link = "https://traveldoc.example/a/x\n" },
		"code with line break":  func(c *Case) { c.Code = Code{"TD-7Q4M2K\n"} },
		"code with a tail":      func(c *Case) { c.Code = Code{"TD-7Q4M2K Ghana"} },
		"bounce of a bad kind":  func(c *Case) { c.Notice = sample(t, Bounce); c.Bounced = "x" },
		"wait outside a ladder": func(c *Case) { c.Notice = sample(t, Custody); c.Since = day },
	}
	if _, err := Render(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range rows {
		bad := good
		spoil(&bad)
		if _, err := Render(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := Render(Bundle{[]Notice{bad.Notice}, bad.Frame}); err == nil {
			t.Errorf("%s: accepted in a bundle", name)
		}
	}
}

func TestBundleAndDigestBounds(t *testing.T) {
	notices := make([]Notice, MaxBundle+1)
	for i := range notices {
		notices[i] = sample(t, Level1)
	}
	ghana := country(t, "Ghana")
	rows := map[string]Data{
		"nil":               nil,
		"empty bundle":      Bundle{nil, frame(t)},
		"bundle too long":   Bundle{notices, frame(t)},
		"empty digest":      Digest{nil, frame(t)},
		"nothing in a row":  Digest{[]Count{{ghana, Level1, 0, 0, 0}}, frame(t)},
		"more late than is": Digest{[]Count{{ghana, Level1, 1, 1, 1}}, frame(t)},
		"no country":        Digest{[]Count{{Country{}, Level1, 1, 0, 0}}, frame(t)},
		"no kind":           Digest{[]Count{{ghana, "", 1, 0, 0}}, frame(t)},
	}
	for name, data := range rows {
		if _, err := Render(data); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Render(Bundle{notices[:MaxBundle], frame(t)}); err != nil {
		t.Errorf("full bundle: %v", err)
	}
}
