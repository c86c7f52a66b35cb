package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Kind is what a notice asks for. Ladder kinds carry their level.
type Kind string

// The kinds of notices about one request. The last two go to posts, which do
// not sign in: their mails carry no link, and stand with no other kind.
const (
	Level0   Kind = "l0" // reminder to the officer
	Level1   Kind = "l1"
	Level2   Kind = "l2"
	Level3   Kind = "l3"
	Level4   Kind = "l4"
	Level5   Kind = "l5"
	Level6   Kind = "l6"
	Bounce   Kind = "bounce"   // a mail about the request came back
	Validity Kind = "validity" // the document's validity ends
	Overdue  Kind = "overdue"  // our own step has outlasted its term
	Custody  Kind = "custody"  // a date of 8 CFR 241.4 or 241.13 comes or was missed
	Counsel  Kind = "counsel"  // something stands that counsel alone decides; what it is, the mail does not say
	Review   Kind = "review"   // the day on which counsel looks at something again has passed
	Expired  Kind = "expired"  // what counsel watches ended on its last day
	// BreakGlass: somebody looks into a request beyond their reach, and gave a reason.
	BreakGlass Kind = "break_glass"
	Package    Kind = "package"  // to a post: a package comes
	Question   Kind = "question" // to a post: a question waits
	Recall     Kind = "recall"   // to a post: what was sent is asked back; one text whatever the reason
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Level0, Level1, Level2, Level3, Level4, Level5, Level6, Bounce, Validity, Overdue, Custody, Counsel, Review, Expired, BreakGlass, Package, Question, Recall}
}

// toPost tells whether a kind goes to a post.
func (k Kind) toPost() bool { return k == Package || k == Question || k == Recall }

// LadderKind is the kind of an escalation level from 0 to 6.
func LadderKind(level int) (Kind, error) {
	if level < 0 || level > 6 {
		return "", fmt.Errorf("escalation level %d is not between 0 and 6", level)
	}
	return Kind(fmt.Sprintf("l%d", level)), nil
}

// Code is a request's public code, such as TD-7Q4M2K. Its zero value is no code.
type Code struct{ text string }

// ParseCode reads a public code.
func ParseCode(text string) (Code, error) {
	if !codeForm().MatchString(text) {
		return Code{}, errors.New("not a public code")
	}
	return Code{text}, nil
}

func codeForm() *regexp.Regexp { return regexp.MustCompile(`^TD-[0-9A-Z]{6}$`) }

// String is the code as people write it.
func (c Code) String() string { return c.text }

// Country is a country's short English name, without digits so that it
// can't hold a code. Its zero value is no country.
type Country struct{ name string }

// NewCountry checks a country's name.
func NewCountry(name string) (Country, error) {
	if err := checkWords(name, " .,'’()-"); err != nil {
		return Country{}, fmt.Errorf("country: %w", err)
	}
	return Country{name}, nil
}

// String is the name.
func (c Country) String() string { return c.name }

// Day is a civil date. It has the form of the calendar's own date type, so that one converts to the other.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

func (d Day) zero() bool          { return d == Day{} }
func (d Day) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
func (d Day) since(earlier Day) int {
	return int(d.midnight().Sub(earlier.midnight()) / (24 * time.Hour))
}

func dayOf(t time.Time) Day {
	year, month, day := t.Date()
	return Day{year, month, day}
}

// dueDay is the day in a zone that an instant ends or falls on: midnight ends the day before it.
func dueDay(due time.Time, zone *time.Location) Day {
	local := due.In(zone)
	if isMidnight(local) {
		local = local.Add(-time.Second)
	}
	return dayOf(local)
}

func isMidnight(local time.Time) bool {
	return local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0
}

// Notice is one thing asked about one request.
type Notice struct {
	Kind    Kind
	Code    Code
	Due     time.Time // instant of the answer: levels 0 to 4; level 5 has either Due or On
	On      Day       // civil day: validity, custody, and level 5 without an hour
	Days    int       // calendar days waited so far; levels only
	Since   Day       // first of those days; zero leaves the waiting out
	Bounced Kind      // bounce only, may be empty: what was not delivered
}

// Frame is what every mail carries.
type Frame struct {
	Link   string         // leads to sign-in, left out of a mail to a post; no query, because query strings end up in logs
	Desk   string         // who sends; never names a country, because codes stand beside it
	Zone   *time.Location // the recipient's
	Now    time.Time      // when the mail is composed
	Repeat bool           // repeats a mail whose delivery could not be confirmed
}

// Data is what a mail is made of: Case, Bundle or Digest. Case and Bundle can
// hold codes and no country, Digest countries and no code: whoever reads one
// mail never learns the country of a request (8 CFR 208.6: nothing from which
// a claim could be inferred).
type Data interface{ data() }

// Case is a mail about one request.
type Case struct {
	Notice
	Frame
}

// Bundle is one mail for up to MaxBundle notices.
type Bundle struct {
	Notices []Notice
	Frame
}

// MaxBundle is how many notices one mail lists; more are a Digest.
const MaxBundle = 25

// Digest is counts by country and level, without codes.
type Digest struct {
	Rows []Count
	Frame
}

// Count is one row of a Digest.
type Count struct {
	Country  Country
	Kind     Kind
	Total    int // Overdue and ThisWeek included
	Overdue  int
	ThisWeek int // due within seven days, not overdue
}

func (Case) data()   {}
func (Bundle) data() {}
func (Digest) data() {}

func (f Frame) check() error {
	if f.Zone == nil || f.Now.IsZero() {
		return errors.New("zone or time of composing is missing")
	}
	if err := checkWords(f.Desk, " .,'’()-&/"); err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	return checkLink(f.Link)
}

// checkLink accepts https, and http on loopback for a system on one machine.
func checkLink(link string) error {
	parsed, err := url.Parse(link)
	if err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery ||
		parsed.Fragment != "" || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("link is not a plain address")
	}
	if parsed.Scheme == "https" || parsed.Scheme == "http" && loopback(parsed.Hostname()) {
		return nil
	}
	return errors.New("link is not https")
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// checkWords accepts letters and the marks given: no digits, no line breaks, no markup.
func checkWords(text, marks string) error {
	odd := func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune(marks, r) }
	if strings.TrimSpace(text) != text || text == "" || len(text) > 80 || strings.ContainsFunc(text, odd) {
		return errors.New("not a name of letters")
	}
	return nil
}

func (n Notice) check() error {
	if _, err := ParseCode(n.Code.text); err != nil {
		return err
	}
	need, ok := datesOf(n.Kind)
	if !ok {
		return fmt.Errorf("kind %q is not known", n.Kind)
	}
	due, on := !n.Due.IsZero(), !n.On.zero()
	if !need.fits(due, on) {
		return fmt.Errorf("kind %s: wrong date given", n.Kind)
	}
	if on && dayOf(n.On.midnight()) != n.On || !n.Since.zero() && dayOf(n.Since.midnight()) != n.Since {
		return errors.New("day does not exist")
	}
	if n.Days < 0 || n.Since.zero() && n.Days != 0 || !n.Since.zero() && n.level() < 0 {
		return fmt.Errorf("kind %s: waiting days do not fit", n.Kind)
	}
	if _, known := datesOf(n.Bounced); n.Bounced != "" && (n.Kind != Bounce || !known) {
		return fmt.Errorf("kind %s: bounced kind does not fit", n.Kind)
	}
	return nil
}

// level is the escalation level, or -1 for a kind outside the ladder.
func (n Notice) level() int {
	if len(n.Kind) == 2 && n.Kind[0] == 'l' {
		return int(n.Kind[1] - '0')
	}
	return -1
}

// dates tells which date a kind needs.
type dates int

const (
	noDate dates = iota
	instant
	civil
	either
)

func (d dates) fits(due, on bool) bool {
	switch d {
	case instant:
		return due && !on
	case civil:
		return on && !due
	case either:
		return due != on
	default:
		return !due && !on
	}
}

func datesOf(kind Kind) (dates, bool) {
	switch kind {
	case Level0, Level1, Level2, Level3, Level4, Overdue:
		return instant, true
	case Level5:
		return either, true
	case Validity, Custody, Review, Expired:
		return civil, true
	case Level6, Bounce, Counsel, BreakGlass, Package, Question, Recall:
		return noDate, true
	default:
		return noDate, false
	}
}
