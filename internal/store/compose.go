package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// pending is a notice that is to be put into words.
type pending struct {
	id      string
	kind    string
	level   *int32
	code    string
	country string
	data    []byte
	filedAt time.Time
}

func pendingOf(row sqlcgen.NoticesOfMessagesRow) pending {
	return pending{
		id: row.NoticeID, kind: row.Kind, level: row.Level, code: row.Code, country: orZero(row.Country),
		data: row.Data, filedAt: row.FiledAt,
	}
}

// messageKind is what the ledger calls a message.
func messageKind(notices []pending) string {
	switch {
	case len(notices) == 1:
		return notices[0].kind
	case len(notices) <= mail.MaxBundle:
		return "bundle"
	default:
		return "digest"
	}
}

// render words a mail as it was composed at an instant, so that a message that
// is handed out again says the same.
func (l Ledger) render(who directory.Recipient, notices []pending, token string, at time.Time, repeat bool) (mail.Rendered, error) {
	zone, err := time.LoadLocation(who.Zone)
	if err != nil {
		return mail.Rendered{}, fmt.Errorf("zone of %s: %w", who.ID, err)
	}
	frame := mail.Frame{Link: l.head.PublicURL + "/a/" + token, Desk: l.head.Desk, Zone: zone, Now: at, Repeat: repeat}
	var words []mail.Notice
	for _, notice := range notices {
		word, err := notice.word(zone, at)
		if err != nil {
			return mail.Rendered{}, err
		}
		words = append(words, word)
	}
	switch {
	case len(words) == 1:
		return l.head.Renderer.Render(mail.Case{Notice: words[0], Frame: frame})
	case len(words) <= mail.MaxBundle:
		return l.head.Renderer.Render(mail.Bundle{Notices: words, Frame: frame})
	default:
		rows, err := l.counts(notices, words, at, zone)
		if err != nil {
			return mail.Rendered{}, err
		}
		return l.head.Renderer.Render(mail.Digest{Rows: rows, Frame: frame})
	}
}

// word is a notice in the mail's terms, with days of the recipient's zone.
func (p pending) word(zone *time.Location, at time.Time) (mail.Notice, error) {
	code, err := mail.ParseCode(p.code)
	if err != nil {
		return mail.Notice{}, fmt.Errorf("notice: %w", err)
	}
	var data noticeData
	if err := json.Unmarshal(p.data, &data); err != nil {
		return mail.Notice{}, fmt.Errorf("read notice: %w", err)
	}
	actBy := data.ActBy
	if actBy.IsZero() {
		actBy = p.filedAt
	}
	word := mail.Notice{Code: code}
	switch tdr.NoticeKind(p.kind) {
	case tdr.LevelNotice:
		if word.Kind, err = mail.LadderKind(int(orZero(p.level))); err != nil {
			return mail.Notice{}, err
		}
		if word.Kind != mail.Level6 {
			word.Due = actBy
		}
		if !data.WaitingFrom.IsZero() {
			since := calendar.DateOf(data.WaitingFrom.In(zone))
			word.Since, word.Days = mail.Day(since), max(calendar.DateOf(at.In(zone)).DaysSince(since), 0)
		}
	case tdr.StageNotice:
		word.Kind, word.Due = mail.Overdue, actBy
	case tdr.ValidityNotice:
		word.Kind, word.On = mail.Validity, mail.Day(data.On)
	case custodyNotice:
		word.Kind, word.On = mail.Custody, mail.Day(data.On)
	case claimNotice:
		word.Kind = mail.Counsel
	case glassNotice:
		word.Kind = mail.BreakGlass
	case reviewNotice:
		word.Kind, word.On = mail.Review, mail.Day(data.On)
	case expiredNotice:
		word.Kind, word.On = mail.Expired, mail.Day(data.On)
	case packageNotice:
		word.Kind = mail.Package
	case questionNotice:
		word.Kind = mail.Question
	case recallNotice:
		word.Kind = mail.Recall
	case tdr.BounceNotice:
		word.Kind = mail.Bounce
	default:
		return mail.Notice{}, fmt.Errorf("notice of kind %q has no wording", p.kind)
	}
	return word, nil
}

// counts is the digest's table: notices by country and kind, without codes.
func (l Ledger) counts(notices []pending, words []mail.Notice, at time.Time, zone *time.Location) ([]mail.Count, error) {
	counts := map[string]*mail.Count{}
	var keys []string
	for i, word := range words {
		key := notices[i].country + " " + string(word.Kind)
		count, known := counts[key]
		if !known {
			country, err := l.country(notices[i].country)
			if err != nil {
				return nil, err
			}
			count = &mail.Count{Country: country, Kind: word.Kind}
			counts[key], keys = count, append(keys, key)
		}
		count.Total++
		late, soon := word.Urgency(at, zone)
		count.Overdue, count.ThisWeek = count.Overdue+late, count.ThisWeek+soon
	}
	slices.SortFunc(keys, strings.Compare)
	rows := make([]mail.Count, len(keys))
	for i, key := range keys {
		rows[i] = *counts[key]
	}
	return rows, nil
}

// country names a country, or gives its code where the name has other than letters.
func (l Ledger) country(alpha3 string) (mail.Country, error) {
	if l.head.Country != nil {
		if country, err := mail.NewCountry(l.head.Country(alpha3)); err == nil {
			return country, nil
		}
	}
	return mail.NewCountry(alpha3)
}
