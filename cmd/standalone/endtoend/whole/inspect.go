package whole

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// Examine asks the doctor.
func (w *Whole) Examine() []serve.Finding {
	w.t.Helper()
	settings, err := w.House.Settings()
	must(w.t, err)
	loaded, err := config.Load(func(name string) (string, bool) {
		value, known := settings[name]
		return value, known
	}, config.API)
	must(w.t, err)
	return serve.Examine(context.Background(), serve.World{Config: loaded, Clock: w.House.Clock, Log: w.House.Log})
}

// Alarms are the findings that would need a person.
func (w *Whole) Alarms() []string {
	return w.list(`SELECT kind || ' ' || coalesce(request_id::text, '') || ' ' || detail::text FROM traveldoc.alarms`)
}

// Undelivered are mails without a report that they arrived, and notices that
// nobody was sent.
func (w *Whole) Undelivered() []string {
	return w.list(`SELECT recipient || ': ' || subject || ': ' || status FROM traveldoc.messages WHERE status <> 'delivered'
		UNION ALL SELECT recipient || ': ' || key || ': ' || status FROM traveldoc.notices WHERE status <> 'sent'`)
}

// Dispatch is one thing that may have left.
type Dispatch struct {
	At     time.Time // authorised
	Status string
}

// Dispatches of a request, by time.
func (w *Whole) Dispatches(requestID string) []Dispatch {
	w.t.Helper()
	rows, err := w.Records.Query(context.Background(),
		`SELECT authorised_at, status FROM traveldoc.dispatches WHERE request_id = $1 ORDER BY 1`, requestID)
	must(w.t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Dispatch])
	must(w.t, err)
	return found
}

// Fingerprint changes with anything that is on record about requests, persons,
// holds, commands and mails.
func (w *Whole) Fingerprint() string {
	w.t.Helper()
	sum := sha256.New()
	for _, table := range []string{
		"requests", "events", "commands", "escalations", "notices", "messages", "deadlines", "holds", "dispatches", "legal_events", "outbox",
	} {
		for _, row := range w.list(`SELECT t::text FROM traveldoc.` + pgx.Identifier{table}.Sanitize() + ` t ORDER BY 1`) {
			fmt.Fprintln(sum, row)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// list reads one text column.
func (w *Whole) list(query string) []string {
	w.t.Helper()
	rows, err := w.Records.Query(context.Background(), query)
	must(w.t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	return found
}
