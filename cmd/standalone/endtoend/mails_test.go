package endtoend

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// item is one thing that a mail says about one request.
type item struct {
	code  string
	words string
	alone bool
}

var (
	single  = regexp.MustCompile(`^(TD-[0-9A-Z]{6}): (.+)$`)
	several = regexp.MustCompile(`^\d+ needs? you: \d+ overdue, \d+ this week$`)
)

// itemsOf reads a mail about one thing, or a bundle line by line.
func itemsOf(t *testing.T, mail maildrop.Mail) []item {
	t.Helper()
	if found := single.FindStringSubmatch(mail.Subject); found != nil {
		return []item{{found[1], found[2], true}}
	}
	if !several.MatchString(mail.Subject) {
		t.Errorf("a mail to %s has the subject %q", mail.To, mail.Subject)
	}
	var items []item
	for line := range strings.Lines(mail.Text) {
		if found := single.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			items = append(items, item{found[1], found[2], false})
		}
	}
	return items
}

// checkMails compares all mails with the tables of all lives. What two
// workflows tell one recipient in the same moment may come in one mail or two.
func checkMails(t *testing.T, lives []*life, mails []maildrop.Mail) {
	t.Helper()
	waiting := map[string][]letter{}
	for _, life := range lives {
		waiting[life.Code] = slices.Clone(life.letters)
	}
	for _, mail := range mails {
		checkForm(t, mail)
		items := itemsOf(t, mail)
		late := overdue(items)
		if !items[0].alone && mail.Subject != fmt.Sprintf("%d need you: %d overdue, %d this week", len(items), late, withDate(items)-late) {
			t.Errorf("a mail about %d things has the subject %q", len(items), mail.Subject)
		}
		for _, item := range items {
			left := waiting[item.code]
			at := slices.IndexFunc(left, func(l letter) bool { return l.is(t, mail, item) })
			if at < 0 {
				t.Errorf("not expected: %s to %s: %+v", mail.At.In(boston(t)).Format(layout+":05"), mail.To[0], item)
				continue
			}
			waiting[item.code] = slices.Delete(left, at, at+1)
		}
	}
	for code, left := range waiting {
		for _, letter := range left {
			t.Errorf("not sent: %s: %+v", code, letter)
		}
	}
}

// withDate counts what names a date, as all but a closed ladder do.
func withDate(items []item) int {
	dated := 0
	for _, item := range items {
		if item.words != "level 6 of 6" {
			dated++
		}
	}
	return dated
}

// overdue counts what is told again of days that have passed.
func overdue(items []item) int {
	late := 0
	for _, item := range items {
		if strings.HasSuffix(item.words, " late") {
			late++
		}
	}
	return late
}

func (l letter) is(t *testing.T, mail maildrop.Mail, item item) bool {
	t.Helper()
	words := l.bundled
	if item.alone {
		words = l.subject
	}
	return words == item.words && mail.To[0] == l.to && near(mail.At, instant(t, l.at)) &&
		(!item.alone || strings.Contains(mail.Text, l.says))
}

// checkForm is what every mail has in common.
func checkForm(t *testing.T, mail maildrop.Mail) {
	t.Helper()
	if len(mail.To) != 1 || len(mail.Cc)+len(mail.Bcc) > 0 {
		t.Errorf("%q has the recipients %v %v %v", mail.Subject, mail.To, mail.Cc, mail.Bcc)
	}
	if mail.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("%q has the headers %v", mail.Subject, mail.Headers)
	}
	if toPost(mail) {
		if link.MatchString(mail.Text) || link.MatchString(mail.HTML) {
			t.Errorf("a post is given a link: %s", mail.Text)
		}
		return
	}
	if !strings.Contains(mail.Text, "Opening the link changes nothing.") || !strings.Contains(mail.HTML, "Opening the link changes nothing.") {
		t.Errorf("%q does not say that its link changes nothing:\n%s", mail.Subject, mail.Text)
	}
}

// toPost: a post is asked a question, or for what is wanted back, and does not sign in.
func toPost(mail maildrop.Mail) bool {
	return strings.HasSuffix(mail.Subject, "please send our package back") || strings.HasSuffix(mail.Subject, "a question waits for you")
}

// link finds the address in a mail.
var link = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/a/[A-Za-z0-9_-]+)`)

// checkNothingPersonal looks in every part of every mail for what may not be
// there, and that everyone who was written to stands in the directory.
func checkNothingPersonal(t *testing.T, mails []maildrop.Mail) {
	t.Helper()
	people, err := directory.ParseSeed(directory.ExampleSeed())
	if err != nil {
		t.Fatal(err)
	}
	addresses := map[string]bool{}
	for _, person := range people.Data().People {
		addresses[person.Email] = true
	}
	for _, desk := range people.Data().Desks {
		addresses[desk.Email] = true
	}
	for _, post := range people.Data().Posts {
		addresses[post.Email] = true
	}
	for _, mail := range mails {
		if !addresses[mail.To[0]] {
			t.Errorf("%s does not stand in the directory", mail.To[0])
		}
		all := strings.Join([]string{mail.Subject, mail.Text, mail.HTML, fmt.Sprint(mail.Headers), fmt.Sprint(mail.CustomArgs)}, "\n")
		checkSilent(t, mail, link.ReplaceAllString(all, ""))
	}
}

// checkSilent: no person, no number, no country, no order and no reason.
func checkSilent(t *testing.T, mail maildrop.Mail, text string) {
	t.Helper()
	for _, told := range []string{
		"Anastasia", "Benedikta", "Celestine", "-Example", "A9876543", "EXAMPLE", "1990", "Free text",
		"Ghana", "Honduras", "Nigeria", "GHA", "HND", "NGA", "gha-", "hnd-", "nga-", "Houston", "Accra", "Lagos",
		" stay ", "court", "detain", "asylum", "refus", "custody", "interview",
	} {
		if strings.Contains(text, told) {
			t.Errorf("the mail %q to %s tells %q:\n%s", mail.Subject, mail.To[0], told, text)
		}
	}
}

// checkLinks: the link in a mail can be fetched as often as mail systems like
// and asks them to sign in, a robot's POST is refused; neither changes anything.
func checkLinks(t *testing.T, w *whole.Whole, mails []maildrop.Mail) {
	t.Helper()
	before := w.Fingerprint()
	mails = slices.DeleteFunc(slices.Clone(mails), toPost)
	for _, mail := range []maildrop.Mail{mails[0], mails[len(mails)/2], mails[len(mails)-1]} {
		found := link.FindStringSubmatch(mail.Text)
		if found == nil {
			t.Errorf("no link in %s", mail.Text)
			continue
		}
		nobody := w.As("")
		first := nobody.Do(whole.Call{Method: http.MethodGet, Path: found[1]}).Want(http.StatusOK)
		again := nobody.Do(whole.Call{Method: http.MethodGet, Path: found[1]}).Want(http.StatusOK)
		if string(first.Body) != string(again.Body) {
			t.Errorf("the second look at %s shows something else", found[1])
		}
		if !strings.Contains(string(first.Body), "Sign in") {
			t.Errorf("the page behind %s asks nobody to sign in: %s", found[1], first.Body)
		}
		if code := itemsOf(t, mail)[0].code; strings.Contains(string(first.Body), code) {
			t.Errorf("the page behind %s names %s to nobody", found[1], code)
		}
		checkSilent(t, mail, string(first.Body))
		nobody.Do(whole.Call{Method: http.MethodPost, Path: found[1], Body: fields{"acknowledge": true}}).Want(http.StatusNotFound)
		nobody.Do(whole.Call{Method: http.MethodHead, Path: found[1]})
	}
	w.Rest()
	if after := w.Fingerprint(); after != before {
		t.Errorf("following links changed what is on record:\nbefore %s\nafter  %s", before, after)
	}
}
