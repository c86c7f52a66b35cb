package activities

import (
	"context"
	"errors"
	"fmt"
)

// errCalendarShort: the same calendars came back, which end as soon as the recorded ones.
var errCalendarShort = errors.New("calendars were not renewed")

// Renewals are the activities that fetch calendars.
type Renewals struct{ Calendars Calendars }

// RenewCalendars answers with fresh calendars, and fails while there are none:
// counting on past the end of a calendar would be a guess.
func (r *Renewals) RenewCalendars(ctx context.Context, asked Renewal) (Renewed, error) {
	office, post, err := r.Calendars.Renewed(ctx, asked.FieldOffice, asked.Post, asked.Since)
	if err != nil {
		return Renewed{}, fmt.Errorf("renew calendars: %w", err)
	}
	if office.Hash == asked.OfficeHash && post.Hash == asked.PostHash {
		return Renewed{}, fmt.Errorf("renew calendars: %w", errCalendarShort)
	}
	return Renewed{OfficeTime: office, PostTime: post}, nil
}
