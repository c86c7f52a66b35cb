package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// FindCitizenship enters what counsel found of a claim; see api.Holds. Whether
// the caller may find it was asked before.
func (h Holds) FindCitizenship(ctx context.Context, finding api.CitizenshipFinding) (api.CitizenshipEntry, error) {
	var entered api.CitizenshipEntry
	err := h.transact(ctx, "find citizenship", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		claim, err := q.Hold(ctx, finding.HoldID)
		if err != nil {
			return err
		}
		if _, err := q.LockPerson(ctx, claim.PersonID); err != nil {
			return err
		}
		// Read again: it may have been lifted until the lock was had.
		if claim, err = q.Hold(ctx, finding.HoldID); err != nil {
			return err
		}
		if entered, err = entryOf(ctx, q, claim.PersonID, finding.CommandID); entered.ID != "" || err != nil {
			return err
		}
		if claim.LiftedAt != nil {
			return fmt.Errorf("find citizenship: %w", api.ErrAlreadyLifted)
		}
		err = q.EnterCitizenship(ctx, sqlcgen.EnterCitizenshipParams{
			EntryID: finding.CommandID, PersonID: claim.PersonID, Citizenship: string(finding.Found), HoldID: claim.HoldID,
			SourceSha256: string(finding.Source), EnteredBy: finding.By, EnteredAt: h.clock.Now().UTC(),
		})
		if err != nil {
			return err
		}
		entered, err = entryOf(ctx, q, claim.PersonID, finding.CommandID)
		return err
	})
	return entered, err
}

// entryOf is the entry that a command made; its zero value before.
func entryOf(ctx context.Context, q *sqlcgen.Queries, personID, command string) (api.CitizenshipEntry, error) {
	entries, err := q.CitizenshipEntries(ctx, personID)
	if err != nil {
		return api.CitizenshipEntry{}, err
	}
	for _, entry := range entries {
		if entry.EntryID == command {
			return citizenshipOf(entry), nil
		}
	}
	return api.CitizenshipEntry{}, nil
}

// enterClaim: a claim to citizenship is in the person's field from the moment
// that it stops everything about them, but never over what counsel found right.
func enterClaim(ctx context.Context, q *sqlcgen.Queries, hold api.Hold, at time.Time) error {
	if hold.Kind != api.CitizenshipClaim {
		return nil
	}
	citizen, err := q.FoundCitizen(ctx, hold.PersonID)
	if err != nil || citizen {
		return err
	}
	return q.EnterCitizenship(ctx, sqlcgen.EnterCitizenshipParams{
		EntryID: hold.ID, PersonID: hold.PersonID, Citizenship: string(api.Claimed), HoldID: hold.ID,
		SourceSha256: string(hold.Source), EnteredBy: hold.PlacedBy, EnteredAt: at,
	})
}

// answerClaim: what lifts the last claim that stands does not uphold it. Whom
// counsel found to be a citizen stays protected by it until counsel finds
// otherwise: only an alien is removed (8 USC 1101(a)(3), 1231(a)).
func answerClaim(ctx context.Context, q *sqlcgen.Queries, hold api.Hold, lifting api.Lifting) error {
	if hold.Kind != api.CitizenshipClaim {
		return nil
	}
	citizen, err := q.FoundCitizen(ctx, hold.PersonID)
	if err != nil {
		return err
	}
	if citizen {
		return fmt.Errorf("lift claim: %w", api.ErrCitizen)
	}
	bound, err := q.BoundBy(ctx, []string{hold.ID})
	if err != nil {
		return err
	}
	for _, row := range bound {
		if err := upholdNoClaim(ctx, q, row.Binds, hold, lifting); err != nil {
			return err
		}
	}
	return nil
}

// upholdNoClaim answers the claim in the field of a person whom it bound, unless
// another one binds them, or the field of another record holds none.
func upholdNoClaim(ctx context.Context, q *sqlcgen.Queries, personID string, hold api.Hold, lifting api.Lifting) error {
	known, err := q.Citizenship(ctx, personID)
	if err != nil {
		return err
	}
	stands, err := q.CitizenshipClaimStands(ctx, personID)
	if err != nil || stands || api.Citizenship(known) == api.NotUpheld {
		return err
	}
	entry := lifting.CommandID
	if personID != hold.PersonID {
		if api.Citizenship(known) != api.Claimed {
			return nil
		}
		entry = uuid.NewSHA1(uuid.MustParse(personID), []byte(lifting.CommandID)).String()
	}
	return q.EnterCitizenship(ctx, sqlcgen.EnterCitizenshipParams{
		EntryID: entry, PersonID: personID, Citizenship: string(api.NotUpheld), HoldID: hold.ID,
		SourceSha256: string(hold.LiftSource), EnteredBy: hold.LiftedBy, EnteredAt: hold.LiftedAt,
	})
}

// Citizenship reads a person's field with its history; see api.Holds.
func (h Holds) Citizenship(ctx context.Context, personID string) ([]api.CitizenshipEntry, error) {
	rows, err := h.queries().CitizenshipEntries(ctx, personID)
	return each(rows, citizenshipOf), failed("read citizenship", err)
}

// WorkedOn lists who ever worked the requests of persons; see api.Holds.
func (h Holds) WorkedOn(ctx context.Context, persons []string) ([]string, error) {
	workers, err := h.queries().WorkedOn(ctx, persons)
	return workers, failed("read who worked on persons", err)
}

func citizenshipOf(row sqlcgen.CitizenshipEntry) api.CitizenshipEntry {
	return api.CitizenshipEntry{
		ID: row.EntryID, PersonID: row.PersonID, Citizenship: api.Citizenship(row.Citizenship), HoldID: row.HoldID,
		Source: tdr.Evidence(row.SourceSha256), By: row.EnteredBy, At: row.EnteredAt,
	}
}
