package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
)

// defaultLimit is how many rows a page has when nobody says.
const defaultLimit = 50

// keyTime is how a time stands in a cursor: as precise as PostgreSQL keeps it,
// and in the order of time when compared as text.
const keyTime = "2006-01-02T15:04:05.000000Z"

// endless sorts behind every time.
const endless = "infinity"

type cursor struct {
	Key string `json:"k"`
	ID  string `json:"i"`
}

func sortKey(at time.Time) string {
	if at.IsZero() {
		return endless
	}
	return at.UTC().Format(keyTime)
}

// pageOf reads a cursor; one row more than wanted tells whether there is a next page.
func pageOf(text string, limit int) (Page, error) {
	if limit == 0 {
		limit = defaultLimit
	}
	page := Page{Limit: limit + 1}
	if text == "" {
		return page, nil
	}
	var from cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &from)
	}
	if err != nil || !from.sound() {
		return page, fault("query.cursor", "is none that was given out")
	}
	page.AfterKey, page.AfterID = from.Key, from.ID
	return page, nil
}

func (c cursor) sound() bool {
	if c.ID == "" || len(c.ID) > 256 || strings.ContainsRune(c.ID, 0) {
		return false
	}
	_, err := time.Parse(keyTime, c.Key)
	return err == nil || c.Key == endless
}

// cut takes the extra row off and names the next page by the last row kept.
func cut[T any](rows []T, page Page, keyOf func(T) (key, id string)) ([]T, string) {
	wanted := page.Limit - 1
	if len(rows) <= wanted {
		return rows, ""
	}
	rows = rows[:wanted]
	key, id := keyOf(rows[wanted-1])
	raw, err := json.Marshal(cursor{Key: key, ID: id})
	if err != nil {
		return rows, ""
	}
	return rows, base64.RawURLEncoding.EncodeToString(raw)
}

// limitOf is the page size of a list that counts by seq.
func limitOf(limit contract.Limit) int {
	if limit == 0 {
		return defaultLimit
	}
	return limit
}
