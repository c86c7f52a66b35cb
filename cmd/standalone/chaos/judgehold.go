package chaos

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
)

// heard is what a post heard about one request, by the numbers of the arrivals.
type heard struct{ Packages, Recalls []int64 }

// How a mail to a post says of a reference that a package comes, and that what
// came is asked back: alone in its subject, with others in a line of its text.
var (
	packageLine = regexp.MustCompile(`(TD-[0-9A-Z]{6}): a package comes to you`)
	recallLine  = regexp.MustCompile(`(TD-[0-9A-Z]{6}): (?:please send our package back|package asked back)`)
)

// hear adds what the post heard by an arrival, by the codes of the requests.
func hear(posts map[string]*heard, arrival maildrop.Arrival) {
	if arrival.Outcome != maildrop.Accepted && arrival.Outcome != maildrop.AcceptedUnanswered {
		return
	}
	about := func(code string) *heard {
		if posts[code] == nil {
			posts[code] = &heard{}
		}
		return posts[code]
	}
	for _, mail := range arrival.Mails {
		if !slices.ContainsFunc(mail.To, cast.IsPost) {
			continue
		}
		text := mail.Subject + "\n" + mail.Text
		repeat := strings.Contains(strings.Join(strings.Fields(text), " "), repeatSentence)
		for _, found := range packageLine.FindAllStringSubmatch(text, -1) {
			if repeat && len(about(found[1]).Packages) > 0 {
				continue // whether the first had come was unknown
			}
			about(found[1]).Packages = append(about(found[1]).Packages, arrival.Seq)
		}
		for _, found := range recallLine.FindAllStringSubmatch(text, -1) {
			about(found[1]).Recalls = append(about(found[1]).Recalls, arrival.Seq)
		}
	}
}

// judgeContests: no send starts once a hold was answered; what was under way is
// named in that answer and asked back. What left is what arrived at the post.
func (v *Verdict) judgeContests(lives []*lived, evidence Evidence) {
	posts := map[string]*heard{}
	for _, arrival := range evidence.Arrivals {
		hear(posts, arrival)
	}
	for _, life := range lives {
		if life.script.Name != held {
			continue
		}
		if len(life.contests) != 1 {
			v.fault("life %d: %d sends raced with a hold, want 1", life.number, len(life.contests))
			continue
		}
		about := posts[evidence.Served[life.request].Code]
		if about == nil {
			about = &heard{}
		}
		v.judgeContest(life, life.contests[0], *about)
	}
}

func (v *Verdict) judgeContest(life *lived, contest Contest, about heard) {
	accepted := contest.Status == http.StatusOK
	var before int // arrived while the hold stood, or before it
	for _, seq := range about.Packages {
		if seq <= contest.Lifting {
			before++
		}
	}
	switch {
	case contest.Late != http.StatusConflict:
		v.fault("life %d: a send that began after the hold was answered was answered %d", life.number, contest.Late)
	case accepted && !contest.Named:
		v.fault("life %d: %s was sent and the answer to the hold does not name it", life.number, contest.Send)
	case !accepted && before > 0:
		v.fault("life %d: %s was refused, and the post heard of it as arrivals %v", life.number, contest.Send, about.Packages)
	case before > 0 && !contest.Named:
		v.fault("life %d: %s arrived, and the answer to the hold does not name it", life.number, contest.Send)
	case len(about.Packages) > 0 && len(about.Recalls) == 0: // at the latest when the request was withdrawn
		v.fault("life %d: %s arrived and was never asked back", life.number, contest.Send)
	case len(about.Packages) > 1:
		v.fault("life %d: one package left, and the post heard of it as arrivals %v", life.number, about.Packages)
	}
	v.Named += count(contest.Named)
	v.Arrived += count(before > 0)
	v.Recalled += count(before > 0 && slices.ContainsFunc(about.Recalls, func(seq int64) bool { return seq <= contest.Lifting }))
	v.Refused += count(!accepted)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
