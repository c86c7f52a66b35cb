package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// Triggers that enter acts into the log or guard it, as 'table.trigger'.
func Triggers() []string {
	return []string{
		"audit_entries.audit_guard", "audit_entries.audit_guard_all",
		"citizenship_entries.audit_entered",
		"commands.audit_finished", "commands.audit_stored",
		"country_consents.audit_consented",
		"custody_clocks.audit_derived",
		"dispatches.audit_authorised", "dispatches.audit_dispatched",
		"events.audit_signed",
		"hold_amendments.audit_amended",
		"holds.audit_lifted", "holds.audit_placed",
		"legal_events.audit_recorded", "legal_events.audit_signed",
		"messages.audit_claimed", "messages.audit_mailed",
		"person_keys.audit_never_keyed", "person_keys.audit_rekeyed", "person_keys.audit_shredded",
		"person_merges.audit_merged", "person_merges.audit_split",
		"retention_holds.audit_kept", "retention_holds.audit_released",
		"sessions.audit_signed_in",
		"shared_keys.audit_shared_made", "shared_keys.audit_shared_retired",
		"split_assignments.audit_assigned",
	}
}

// Entered fails with the triggers that are dropped or disabled: what they tell
// of enters the log no more.
func Entered(ctx context.Context, pool *pgxpool.Pool) error {
	atWork, err := sqlcgen.New(pool).TriggersAtWork(ctx)
	if err != nil {
		return fmt.Errorf("look for triggers: %w", err)
	}
	missing := slices.DeleteFunc(Triggers(), func(name string) bool { return slices.Contains(atWork, name) })
	if len(missing) > 0 {
		return fmt.Errorf("what happens is not entered any more, these triggers are gone or disabled: %s", strings.Join(missing, ", "))
	}
	return nil
}

// AddedOnly fails when the role that the pool works under, or the login that it
// connects as, may change or remove entries. The worker's login numbers them, so
// it is asked of the others' alone.
func AddedOnly(ctx context.Context, pool *pgxpool.Pool) error {
	may, err := sqlcgen.New(pool).MayRewrite(ctx)
	if err != nil {
		return fmt.Errorf("look for rights: %w", err)
	}
	if may {
		return errors.New("the application may change or remove entries: connect as a login that is a member of traveldoc_app alone and owns nothing, " +
			"and revoke such rights from both")
	}
	return nil
}
