package mail

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden mails anew")

func newYork(t interface{ Fatal(...any) }) *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func frame(t interface{ Fatal(...any) }) Frame {
	zone := newYork(t)
	return Frame{
		Link: "https://traveldoc.example/a/9fK2mPq7", Desk: "ERO TD desk", Zone: zone,
		Now: time.Date(2026, 3, 3, 9, 0, 0, 0, zone),
	}
}

func code(t interface{ Fatal(...any) }, text string) Code {
	parsed, err := ParseCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func country(t interface{ Fatal(...any) }, name string) Country {
	parsed, err := NewCountry(name)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// sample is a valid notice of a kind.
func sample(t interface{ Fatal(...any) }, kind Kind) Notice {
	notice := Notice{Kind: kind, Code: code(t, "TD-7Q4M2K")}
	if notice.level() >= 0 {
		notice.Days, notice.Since = 46, Day{2026, 1, 16}
	}
	switch need, _ := datesOf(kind); need {
	case instant, either:
		notice.Due = time.Date(2026, 3, 6, 22, 0, 0, 0, time.UTC)
	case civil:
		notice.On = Day{2026, 4, 14}
	}
	if kind == Bounce {
		notice.Bounced = Level2
	}
	return notice
}

func goldenMails(t *testing.T) map[string]Data {
	mails := map[string]Data{}
	for _, kind := range Kinds() {
		mails[string(kind)] = Case{sample(t, kind), frame(t)}
	}
	repeated := frame(t)
	repeated.Repeat = true
	mails["repeat"] = Case{sample(t, Level4), repeated}
	onDay := sample(t, Level5)
	onDay.Due, onDay.On, onDay.Since, onDay.Days = time.Time{}, Day{2026, 4, 14}, Day{}, 0
	mails["l5_day"] = Case{onDay, frame(t)}
	late := sample(t, Custody)
	late.On = Day{2026, 3, 1}
	mails["custody_late"] = Case{late, frame(t)}
	second := sample(t, Level1)
	second.Code = code(t, "TD-0ABC19")
	second.Due = time.Date(2026, 3, 2, 22, 0, 0, 0, time.UTC)
	mails["bundle"] = Bundle{[]Notice{sample(t, Level4), second, sample(t, Custody), sample(t, Bounce), onDay}, frame(t)}
	mails["digest"] = Digest{[]Count{
		{country(t, "Ghana"), Level2, 3, 1, 2},
		{country(t, "Côte d'Ivoire"), Custody, 1200, 0, 1},
		{country(t, "Ghana"), Level0, 1, 0, 0},
	}, frame(t)}
	return mails
}

func TestMailsAreAsAgreed(t *testing.T) {
	for name, data := range goldenMails(t) {
		t.Run(name, func(t *testing.T) {
			mail, err := Render(data)
			if err != nil {
				t.Fatal(err)
			}
			matchGolden(t, name+".txt", fmt.Sprintf("Subject: %s\nPreheader: %s\n\n%s", mail.Subject, mail.Preheader, mail.Text))
			matchGolden(t, name+".html", mail.HTML)
		})
	}
}

func matchGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s\nwant:\n%s", name, got, want)
	}
}

// The wording that users were shown, by hand; the golden files could be rewritten by accident.
func TestSubjectsPreheadersAndFirstLines(t *testing.T) {
	rows := []struct {
		kind                      Kind
		subject, preheader, first string
	}{
		{Level0, "TD-7Q4M2K: follow up by Fri 6 Mar 2026", "80% of the expected time has passed", "Contact the post and record it."},
		{Level1, "TD-7Q4M2K: answer overdue, follow up by Fri 6 Mar 2026", "Expected time reached", "Record a documented follow-up."},
		{Level2, "TD-7Q4M2K: no answer, set a date by Fri 6 Mar 2026", "Your date is needed", "Choose another channel."},
		{Level3, "TD-7Q4M2K: HQ help requested, answer by Fri 6 Mar 2026", "Required step or 150% reached", "Take over contact or advise."},
		{Level4, "TD-7Q4M2K: raise with the post by Fri 6 Mar 2026", "Field channels are used up", "Raise it and set a next date."},
		{Level5, "TD-7Q4M2K: legal decision due Fri 6 Mar 2026", "Finding needed", "Record the finding."},
		{Level6, "TD-7Q4M2K: ladder closed, decision needed", "No more reminders", "Decide the next path."},
		{Bounce, "TD-7Q4M2K: mail not delivered", "Next person already told", "Correct the contact."},
		{Validity, "TD-7Q4M2K: document ends 14 Apr 2026, 42 days", "Use or reissue", "Choose travel or reissue."},
		{Custody, "TD-7Q4M2K: legal date 14 Apr 2026, 42 days", "Cannot be paused", "Open the legal dates."},
	}
	if len(rows) != len(Kinds()) {
		t.Fatalf("%d rows for %d kinds", len(rows), len(Kinds()))
	}
	for _, row := range rows {
		mail, err := Render(Case{sample(t, row.kind), frame(t)})
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(mail.Text, "\n")
		if mail.Subject != row.subject || mail.Preheader != row.preheader || first != row.first {
			t.Errorf("%s: %q, %q, %q", row.kind, mail.Subject, mail.Preheader, first)
		}
	}
}

func TestPlainTextBlock(t *testing.T) {
	mail, err := Render(Case{sample(t, Level4), frame(t)})
	if err != nil {
		t.Fatal(err)
	}
	want := `Raise it and set a next date.

TD-7Q4M2K needs an answer by Fri 6 Mar 2026, 5:00 pm EST.
Asked of you: raise it with the post and set a next date.
Waiting 46 days (since 16 Jan 2026). Level 4 of 6.
Open (sign-in needed): https://traveldoc.example/a/9fK2mPq7
Opening the link changes nothing. If nobody sets a date,
it moves up one level. Do not send case details by e-mail.
ERO TD desk
`
	if mail.Text != want {
		t.Errorf("got:\n%s\nwant:\n%s", mail.Text, want)
	}
}

var (
	hidden = regexp.MustCompile(`(?s)<head>.*</head>|<div id="preheader".*?</div>`)
	tag    = regexp.MustCompile(`<[^>]*>`)
)

// visible is what a reader of the HTML part sees, without layout.
func visible(part string) string {
	return squeeze(html.UnescapeString(tag.ReplaceAllString(hidden.ReplaceAllString(part, ""), "")))
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestBothPartsSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mail, err := Render(anyData().Draw(t, "data"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := visible(mail.HTML), squeeze(mail.Text); got != want {
			t.Fatalf("HTML says\n%s\ntext says\n%s", got, want)
		}
		if !strings.Contains(mail.HTML, html.EscapeString(mail.Preheader)) {
			t.Fatal("preheader missing")
		}
		for _, forbidden := range []string{"<img", "<script", "<link", "<style", "http-equiv", "src="} {
			if strings.Contains(mail.HTML, forbidden) {
				t.Fatalf("HTML holds %s", forbidden)
			}
		}
	})
}

// anyData draws valid data of every form, with odd but allowed characters.
func anyData() *rapid.Generator[Data] {
	return rapid.Custom(func(t *rapid.T) Data {
		f := frame(t)
		f.Zone = rapid.Map(rapid.SampledFrom([]string{"America/New_York", "Africa/Accra", "America/Sao_Paulo", "Asia/Kathmandu"}),
			func(name string) *time.Location {
				zone, err := time.LoadLocation(name)
				if err != nil {
					panic(err)
				}
				return zone
			}).Draw(t, "zone")
		f.Desk = rapid.SampledFrom([]string{"ERO TD desk", "O'Hare & Sons (night)", "Südbüro/West"}).Draw(t, "desk")
		f.Repeat = rapid.Bool().Draw(t, "repeat")
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 0:
			return Case{anyNotice(t), f}
		case 1:
			return Bundle{rapid.SliceOfN(rapid.Custom(anyNotice), 1, MaxBundle).Draw(t, "notices"), f}
		default:
			return Digest{rapid.SliceOfN(rapid.Custom(anyCount), 1, 40).Draw(t, "rows"), f}
		}
	})
}

func anyNotice(t *rapid.T) Notice {
	notice := sample(t, rapid.SampledFrom(Kinds()).Draw(t, "kind"))
	notice.Code = code(t, rapid.StringMatching(`TD-[0-9A-Z]{6}`).Draw(t, "code"))
	shift := rapid.IntRange(-400, 400).Draw(t, "shift")
	if !notice.Due.IsZero() {
		notice.Due = notice.Due.Add(time.Duration(shift) * 7 * time.Hour)
	} else if !notice.On.zero() {
		notice.On = dayOf(notice.On.midnight().AddDate(0, 0, shift))
	}
	return notice
}

func anyCount(t *rapid.T) Count {
	late, week, rest := rapid.IntRange(0, 2000).Draw(t, "late"), rapid.IntRange(0, 9).Draw(t, "week"), rapid.IntRange(1, 9).Draw(t, "rest")
	name := rapid.SampledFrom([]string{"Ghana", "Côte d'Ivoire", "Bosnia and Herzegovina", "Congo (DRC)"}).Draw(t, "country")
	return Count{country(t, name), rapid.SampledFrom(Kinds()).Draw(t, "kind"), late + week + rest, late, week}
}

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

func TestWordsForDaysAndMoments(t *testing.T) {
	zone := newYork(t)
	now := time.Date(2026, 3, 3, 23, 30, 0, 0, zone)
	moments := map[time.Time]string{
		time.Date(2026, 3, 6, 22, 0, 0, 0, time.UTC):  "Fri 6 Mar 2026, 5:00 pm EST",
		time.Date(2026, 3, 17, 21, 0, 0, 0, time.UTC): "Tue 17 Mar 2026, 5:00 pm EDT", // 14 days, across the change of clocks
		time.Date(2026, 3, 18, 3, 59, 0, 0, time.UTC): "Tue 17 Mar 2026, 11:59 pm EDT",
		time.Date(2026, 3, 18, 4, 0, 0, 0, time.UTC):  "18 Mar 2026, 12:00 am EDT",
		time.Date(2026, 3, 4, 4, 59, 59, 0, time.UTC): "Tue 3 Mar 2026, 11:59 pm EST",
		time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC):  "Wed 4 Mar 2026, 12:00 pm EST",
		time.Date(2026, 2, 17, 17, 0, 0, 0, time.UTC): "Tue 17 Feb 2026, 12:00 pm EST",
		time.Date(2026, 2, 16, 17, 0, 0, 0, time.UTC): "16 Feb 2026, 12:00 pm EST",
		time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC): "1 Nov 2026, 1:30 am EDT", // the hour that comes twice
		time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC): "1 Nov 2026, 1:30 am EST",
		time.Date(2027, 1, 1, 4, 59, 0, 0, time.UTC):  "31 Dec 2026, 11:59 pm EST",
	}
	for at, want := range moments {
		if got := instantWords(at, now, zone); got != want {
			t.Errorf("%s: %q, want %q", at.Format(time.RFC3339), got, want)
		}
	}
	brazil, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	if got := instantWords(time.Date(2026, 3, 6, 20, 0, 0, 0, time.UTC), now, brazil); got != "Fri 6 Mar 2026, 5:00 pm UTC-03" {
		t.Errorf("zone without a name: %q", got)
	}
	for until, want := range map[int]string{0: "today", 1: "1 day", 42: "42 days", -1: "1 day late", -3: "3 days late", 1200: "1,200 days"} {
		if got := daysWords(until); got != want {
			t.Errorf("%d: %q, want %q", until, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
