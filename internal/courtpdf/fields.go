package courtpdf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// field is one thing that an event says, in words for who reads it.
type field struct{ label, value string }

// leftOut is what an event carries for counting dates alone: whole calendars and
// a country's terms, which no reader follows on paper.
func leftOut(kind tdr.Type) []string {
	if kind == tdr.OpenedType || kind == tdr.CalendarsRenewedType {
		return []string{"terms", "office_time", "post_time"}
	}
	return nil
}

// fieldsOf reads what an event says in the order in which it says it, and tells
// whether something is in the JSON form alone.
func fieldsOf(fact tdr.Fact) (fields []field, more bool, err error) {
	data, err := json.Marshal(fact)
	if err != nil {
		return nil, false, fmt.Errorf("read event: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	r := reader{decoder: decoder, skip: leftOut(fact.Type())}
	err = r.value("")
	return r.fields, r.skipped, err
}

type reader struct {
	decoder *json.Decoder
	skip    []string
	skipped bool
	fields  []field
}

// value reads one value and all beneath it; what is empty says nothing.
func (r *reader) value(label string) error {
	token, err := r.decoder.Token()
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	switch token {
	case json.Delim('{'):
		return r.object(label)
	case json.Delim('['):
		return r.list(label)
	case nil, "":
		return nil
	}
	r.fields = append(r.fields, field{label, said(token)})
	return nil
}

func (r *reader) object(label string) error {
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		name := fmt.Sprint(token)
		if label == "" && slices.Contains(r.skip, name) {
			var skipped json.RawMessage
			if err := r.decoder.Decode(&skipped); err != nil {
				return fmt.Errorf("read event: %w", err)
			}
			r.skipped = true
			continue
		}
		if err := r.value(under(label, strings.ReplaceAll(name, "_", " "))); err != nil {
			return err
		}
	}
	_, err := r.decoder.Token()
	return err
}

func (r *reader) list(label string) error {
	for place := 1; r.decoder.More(); place++ {
		if err := r.value(fmt.Sprintf("%s %d", label, place)); err != nil {
			return err
		}
	}
	_, err := r.decoder.Token()
	return err
}

func under(label, name string) string {
	if label == "" {
		return strings.ToUpper(name[:1]) + name[1:]
	}
	return label + ", " + name
}

func said(token json.Token) string {
	switch token {
	case true:
		return "yes"
	case false:
		return "no"
	}
	return fmt.Sprint(token)
}

// words names a type of event as a sentence begins.
func words(kind tdr.Type) string { return under("", strings.ReplaceAll(string(kind), "_", " ")) }
