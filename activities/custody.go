package activities

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/traveldoc/traveldoc/internal/custody"
)

// LegalReading is a legal history and the rules by which it is read; both are
// kept in the workflow's history, so that a later edition moves nothing unseen.
type LegalReading struct {
	LegalHistory
	Rules custody.Rules `json:"rules"`
}

// Custody are the activities of custody clocks.
type Custody struct {
	Store     CustodyStore
	Mailboxes Poker
	Alarms    Alarms
	Rules     custody.Rules
	Log       *slog.Logger
}

// ReadLegalHistory reads what the clock of a person is derived from.
func (c *Custody) ReadLegalHistory(ctx context.Context, personID string) (LegalReading, error) {
	history, err := c.Store.LegalHistory(ctx, personID)
	if err != nil {
		return LegalReading{}, fmt.Errorf("read legal history: %w", err)
	}
	return LegalReading{LegalHistory: history, Rules: c.Rules}, nil
}

// FileMilestones files notices of custody duties and wakes the mailboxes they
// went to. A duty that nobody can be told of is an alarm: no level above takes it over.
func (c *Custody) FileMilestones(ctx context.Context, filing Filing) (Filed, error) {
	recorded, err := c.Store.FileMilestones(ctx, filing.PersonID, filing.Keys)
	if err != nil {
		return Filed{}, fmt.Errorf("file milestones: %w", err)
	}
	for _, notice := range recorded.Unaddressed {
		detail := map[string]any{"notice": notice.Key}
		if err := c.Alarms.Alarm(ctx, AlarmUnaddressed, "", filing.PersonID, detail); err != nil {
			return Filed{}, fmt.Errorf("raise alarm: %w", err)
		}
	}
	poke(ctx, c.Mailboxes, c.Log, recorded.Poke)
	return Filed{Absent: recorded.Absent}, nil
}
