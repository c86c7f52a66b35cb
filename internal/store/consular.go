package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

const (
	// consularKind is the kind of deadlines of 8 CFR 236.1(e).
	consularKind = "consular"
	// consularSource asks for it. Each country's own limit has a source of its own.
	consularSource = "8 CFR 236.1(e)"
	// consularAgain: a duty that is to be done at once is told each week until it is done.
	consularAgain = 7

	notifyDuty      = "consular_notification"
	nationalityDuty = "nationality_record"
)

// consularDuty is one that a detention asks for and that nobody has done: to
// notify officers of a claimed nationality, or to put one on record where there
// is none to notify. Its key names the claim, not the country.
type consularDuty struct {
	key string
	due time.Time
	consularWhy
}

// consularWhy is what explains its deadline.
type consularWhy struct {
	Duty          string        `json:"duty"`
	Country       string        `json:"country,omitempty"`
	DetainedSince calendar.Date `json:"detained_since"`
	Mandatory     bool          `json:"mandatory"`
	WithinHours   int           `json:"within_hours,omitempty"`
	Source        string        `json:"source"`
}

// consular duties of a person whose clock was just derived; none of a free one.
func (s *Store) consular(ctx context.Context, q *sqlcgen.Queries, personID string, clock custody.Clock, office calendar.Slice) ([]consularDuty, error) {
	if !clock.Detained {
		return nil, nil
	}
	claims, err := q.Nationalities(ctx, personID)
	if err != nil {
		return nil, err
	}
	known, err := q.KnownNationalities(ctx, personID)
	if err != nil {
		return nil, err
	}
	told, err := q.ConsularNotifications(ctx, personID)
	if err != nil {
		return nil, err
	}
	since := clock.DetainedSince
	begins := office.At(since, 0).UTC()
	if len(claims) == 0 {
		why := consularWhy{Duty: nationalityDuty, DetainedSince: since, Source: consularSource}
		return []consularDuty{{key: nationalityDuty + "/" + since.String(), due: begins, consularWhy: why}}, nil
	}
	var duties []consularDuty
	for _, duty := range api.ConsularDuties(each(claims, nationalityOf), known, each(told, notificationOf), since) {
		if !duty.Done {
			duties = append(duties, s.notify(duty.Claim, since, begins))
		}
	}
	return duties, nil
}

// notify is the duty towards one country: at once, or within the hours that the
// arrangement with it grants.
func (s *Store) notify(claim api.Nationality, since calendar.Date, begins time.Time) consularDuty {
	why := consularWhy{Duty: notifyDuty, Country: claim.Country, DetainedSince: since, Source: consularSource}
	if listed, mandatory := s.packs.MandatoryNotification(claim.Country); mandatory {
		why.Mandatory, why.WithinHours, why.Source = true, listed.WithinHours, listed.Source
	}
	return consularDuty{
		key: notifyDuty + "/" + claim.ID + "/" + since.String(), consularWhy: why,
		due: begins.Add(time.Duration(why.WithinHours) * time.Hour),
	}
}

// told is the duty as the person's clock tells of it.
func (d consularDuty) told() custody.Duty {
	return custody.Duty{Key: d.key, Since: d.DetainedSince, Again: consularAgain}
}

// addConsular adds the duties' deadlines to those of the law on custody. They stay until they are done.
func addConsular(rows *sqlcgen.ReplaceDeadlinesParams, duties []consularDuty) error {
	for _, duty := range duties {
		why, err := json.Marshal(duty.consularWhy)
		if err != nil {
			return fmt.Errorf("write consular duty: %w", err)
		}
		kind := consularKind
		if duty.Duty == orderDuty {
			kind = orderKind
		}
		rows.Names = append(rows.Names, kind+"/"+duty.key)
		rows.Kinds = append(rows.Kinds, kind)
		rows.Levels = append(rows.Levels, -1)
		rows.Legals = append(rows.Legals, true)
		rows.Due = append(rows.Due, duty.due)
		rows.Suspended = append(rows.Suspended, false)
		rows.Why = append(rows.Why, why)
	}
	return nil
}
