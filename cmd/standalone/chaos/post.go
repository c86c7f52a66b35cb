package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
)

// Ask is one thing that one mail asks of one recipient, as its reader sees it.
type Ask struct {
	Code      string // of the request
	Level     int
	Recipient string // address
	MessageID string
	Repeat    bool // the mail says that it repeats another
	Arrival   int64
}

// repeatSentence is how a mail says that it may have come before.
const repeatSentence = "Repeat of a mail whose delivery could not be confirmed."

var (
	codeInSubject      = regexp.MustCompile(`^(TD-[0-9A-Z]{6}): `)
	legalDateInSubject = regexp.MustCompile(`^TD-[0-9A-Z]{6}: legal date `)
	levelInText        = regexp.MustCompile(`Level ([0-6]) of 6\.`)
	lineOfBundle       = regexp.MustCompile(`(TD-[0-9A-Z]{6}): level ([0-6]) of 6`)
)

// Asks reads what the mails of an arrival ask. Refused and swallowed calls ask nothing.
func Asks(arrival maildrop.Arrival) ([]Ask, error) {
	if arrival.Outcome != maildrop.Accepted && arrival.Outcome != maildrop.AcceptedUnanswered {
		return nil, nil
	}
	var asks []Ask
	for _, mail := range arrival.Mails {
		if slices.ContainsFunc(mail.To, cast.IsPost) {
			continue // nobody escalates to a post
		}
		if legalDateInSubject.MatchString(mail.Subject) {
			continue // of a person's custody, which has no levels
		}
		text := strings.Join(strings.Fields(mail.Text), " ")
		var found [][]string
		if code := codeInSubject.FindStringSubmatch(mail.Subject); code != nil {
			level := levelInText.FindStringSubmatch(text)
			if level == nil {
				return nil, fmt.Errorf("arrival %d names no level: %q", arrival.Seq, mail.Subject)
			}
			found = [][]string{{"", code[1], level[1]}}
		} else {
			found = lineOfBundle.FindAllStringSubmatch(text, -1)
		}
		if len(found) == 0 || len(mail.To) != 1 || len(mail.Cc)+len(mail.Bcc) > 0 {
			return nil, fmt.Errorf("arrival %d asks nothing, or not of one recipient: %q", arrival.Seq, mail.Subject)
		}
		for _, one := range found {
			level, err := strconv.Atoi(one[2])
			if err != nil {
				return nil, err
			}
			asks = append(asks, Ask{
				Code: one[1], Level: level, Recipient: mail.To[0], MessageID: mail.MessageID,
				Repeat: strings.Contains(text, repeatSentence), Arrival: arrival.Seq,
			})
		}
	}
	return asks, nil
}

// Post reads the drop's file of arrivals while the drop writes it.
type Post struct {
	path string

	mutex  sync.Mutex
	offset int64
	asks   map[askKey]int
	heard  map[string]*heard
	last   int64 // number of the newest arrival
}

type askKey struct {
	code      string
	level     int
	recipient string
}

// NewPost reads a file that need not be there yet.
func NewPost(path string) *Post {
	return &Post{path: path, asks: map[askKey]int{}, heard: map[string]*heard{}}
}

// Has tells whether somebody has been asked something.
func (p *Post) Has(code string, level int, recipient string) (bool, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err := p.readOn(); err != nil {
		return false, err
	}
	return p.asks[askKey{code, level, recipient}] > 0, nil
}

// Heard is what the post has heard about a request.
func (p *Post) Heard(code string) (heard, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err := p.readOn(); err != nil || p.heard[code] == nil {
		return heard{}, err
	}
	return *p.heard[code], nil
}

// Outstanding are the codes of packages that the post has heard of and was not asked to send back.
func (p *Post) Outstanding() ([]string, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err := p.readOn(); err != nil {
		return nil, err
	}
	var codes []string
	for code, told := range p.heard {
		if len(told.Packages) > 0 && len(told.Recalls) == 0 {
			codes = append(codes, code)
		}
	}
	return codes, nil
}

// Arrived is the number of the newest arrival.
func (p *Post) Arrived() (int64, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	err := p.readOn()
	return p.last, err
}

// readOn takes whole lines in; a part of a line may yet be taken back by the drop.
func (p *Post) readOn() error {
	file, err := os.Open(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(p.offset, io.SeekStart); err != nil {
		return err
	}
	fresh, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	fresh = fresh[:bytes.LastIndexByte(fresh, '\n')+1]
	for line := range bytes.Lines(fresh) {
		var arrival maildrop.Arrival
		if err := json.Unmarshal(line, &arrival); err != nil {
			return fmt.Errorf("read arrivals: %w", err)
		}
		asks, err := Asks(arrival)
		if err != nil {
			return err
		}
		for _, ask := range asks {
			p.asks[askKey{ask.Code, ask.Level, ask.Recipient}]++
		}
		hear(p.heard, arrival)
		p.last = arrival.Seq
	}
	p.offset += int64(len(fresh))
	return nil
}
