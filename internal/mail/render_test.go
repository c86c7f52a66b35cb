package mail

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
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
	mails["bundle_to_post"] = Bundle{[]Notice{sample(t, Package), sample(t, Recall)}, frame(t)}
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
		{Overdue, "TD-7Q4M2K: next step overdue since Fri 6 Mar 2026", "Our own step has outlasted its term", "Take the next step or record what holds it up."},
		{Custody, "TD-7Q4M2K: legal date 14 Apr 2026, 42 days", "Cannot be paused", "Open the legal dates."},
		{BreakGlass, "TD-7Q4M2K: opened beyond the usual reach", "A reason was given and is on record", "Look at who opened it and why."},
		{Counsel, "TD-7Q4M2K: counsel's decision needed", "Everything waits for it", "Open the request and decide."},
		{Review, "TD-7Q4M2K: review by counsel was due 14 Apr 2026, 42 days", "Nothing ends by itself", "Review what stands."},
		{Expired, "TD-7Q4M2K: ended with 14 Apr 2026, look again", "Its last day has passed", "Look at what still stands."},
		{Package, "TD-7Q4M2K: a package comes to you", "From us, on the way agreed with you", "A package comes to you."},
		{Question, "TD-7Q4M2K: a question waits for you", "From us, about what lies with you", "A question waits for you."},
		{Recall, "TD-7Q4M2K: please send our package back", "What we sent is asked back", "Please do not use it, and send it back."},
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

// A post does not sign in: no mail to one carries a link.
func TestMailsToPostsCarryNoLink(t *testing.T) {
	for _, kind := range []Kind{Package, Question, Recall} {
		for name, data := range map[string]Data{
			"case":   Case{sample(t, kind), frame(t)},
			"bundle": Bundle{[]Notice{sample(t, kind), sample(t, kind)}, frame(t)},
			"digest": Digest{[]Count{{country(t, "Ghana"), kind, 30, 0, 0}}, frame(t)},
		} {
			mail, err := Render(data)
			if err != nil || strings.Contains(mail.Text+mail.HTML, "traveldoc.example") || strings.Contains(mail.Text+mail.HTML, "link") {
				t.Errorf("%s of %s: %s, %v", name, kind, mail.Text, err)
			}
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
it stays open and counts as unanswered. Do not send case
details by e-mail.
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

func TestUrgencyCountsHoursForLateAndDaysForSoon(t *testing.T) {
	zone := newYork(t)
	now := time.Date(2026, 3, 3, 9, 0, 0, 0, zone)
	at := func(day, hour int) Notice { return Notice{Due: time.Date(2026, 3, day, hour, 0, 0, 0, zone)} }
	rows := []struct {
		name          string
		notice        Notice
		overdue, week int
	}{
		{"an hour ago", at(3, 8), 1, 0},
		{"this hour", at(3, 9), 0, 1},
		{"late on the seventh day", at(10, 17), 0, 1},
		{"on the eighth day", at(11, 8), 0, 0},
		{"yesterday", Notice{On: Day{2026, 3, 2}}, 1, 0},
		{"today", Notice{On: Day{2026, 3, 3}}, 0, 1},
		{"seventh day", Notice{On: Day{2026, 3, 10}}, 0, 1},
		{"eighth day", Notice{On: Day{2026, 3, 11}}, 0, 0},
		{"undated", Notice{}, 0, 0},
	}
	for _, row := range rows {
		if overdue, week := row.notice.Urgency(now, zone); overdue != row.overdue || week != row.week {
			t.Errorf("%s: %d overdue, %d this week", row.name, overdue, week)
		}
	}
}
