package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// contentHash tells one content of an event from another: SHA-256 over its
// canonical JSON. Members are sorted, and those with empty values left out,
// because a later release that knows one more field writes it empty. Times
// are those that the database can hold, to the microsecond, so that the hash
// can be recomputed from the row.
func contentHash(event tdr.Event) ([]byte, error) {
	event.OccurredAt = event.OccurredAt.UTC().Truncate(time.Microsecond)
	event.RecordedAt = event.RecordedAt.UTC().Truncate(time.Microsecond)
	raw, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("write event %d: %w", event.Seq, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read event %d back: %w", event.Seq, err)
	}
	pruned, _ := prune(value)
	canonical, err := json.Marshal(pruned)
	if err != nil {
		return nil, fmt.Errorf("write event %d canonically: %w", event.Seq, err)
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

// prune leaves empty members of objects out. Elements of lists stay: their place counts.
func prune(value any) (pruned any, empty bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			kept, none := prune(member)
			if none {
				delete(v, name)
				continue
			}
			v[name] = kept
		}
		return v, len(v) == 0
	case []any:
		for i := range v {
			v[i], _ = prune(v[i])
		}
		return v, len(v) == 0
	case string:
		return v, v == ""
	case json.Number:
		return v, v == "0"
	case bool:
		return v, !v
	default:
		return v, v == nil
	}
}

// eventOf reads an event back from its row.
func eventOf(row sqlcgen.Event) (tdr.Event, error) {
	fact, err := tdr.NewFact(tdr.Type(row.Type))
	if err != nil {
		return tdr.Event{}, fmt.Errorf("read event %d: %w", row.Seq, err)
	}
	if err := json.Unmarshal(row.Data, fact); err != nil {
		return tdr.Event{}, fmt.Errorf("read event %d: %w", row.Seq, err)
	}
	roles := make([]tdr.Role, len(row.ActorRoles))
	for i, role := range row.ActorRoles {
		roles[i] = tdr.Role(role)
	}
	return tdr.Event{
		Seq: row.Seq, OccurredAt: row.OccurredAt, RecordedAt: row.RecordedAt,
		Actor: tdr.Actor{ID: row.Actor, Roles: roles}, CommandID: orZero(row.CommandID), Fact: fact,
	}, nil
}
