package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ErrMerged: one of the two is merged into a record already, or others are merged into it.
var ErrMerged = errors.New("is one with another record already")

// BothLiveError: each of the two has a live request for the country.
type BothLiveError struct{ Country string }

// Error names the country.
func (e *BothLiveError) Error() string { return "both have a live request for " + e.Country }

// AssignmentError says what is wrong with the assignments of a split, by their place.
type AssignmentError struct{ Broken map[int]string }

// Error counts what is wrong.
func (e *AssignmentError) Error() string {
	return fmt.Sprintf("%d things are assigned wrongly", len(e.Broken))
}

// Merge says that two records of persons are one human, until it is undone.
// Every row stays under the record where it was written, under whose key it is
// sealed; what is asked of either is answered for both.
type Merge struct {
	ID       string // of the command
	Survivor string // person id, under which both are found
	Merged   string // person id
	Reason   string // a code
	Source   tdr.Evidence
	By       string
	At       time.Time

	UndoneBy     string
	UndoneAt     time.Time // zero while it stands
	UndoneReason string    // a code
	UndoneSource tdr.Evidence
}

// MergedPersons is what a merge did.
type MergedPersons struct {
	Merge
	// MayHaveLeft is what was on its way when a hold on one record came to bind the other.
	MayHaveLeft []Recall
	Poke        []string // mailboxes of the posts that are asked for it back
}

// Added is a thing that came to one of two records while they were one.
type Added struct {
	Kind     string // request, document, data_sheet, hold, flag, legal_event, nationality, notification
	ID       string
	PersonID string // the record that it is under
	At       time.Time
	// Stays tells that it can't go to another record: it is sealed under this one's
	// key, or this one's dates follow from it.
	Stays bool
}

// Assignment says whose a thing is found to be.
type Assignment struct {
	Kind     string
	ID       string
	PersonID string
}

// Splitting undoes a merge.
type Splitting struct {
	CommandID string
	MergeID   string
	By        string
	Reason    string // a code
	Source    tdr.Evidence
	Assigned  []Assignment // of what was added since; the rest stays where it was entered
}

// Merges says which records of persons are one human. Each write is safe to
// repeat with the same id, and answers with what is on record.
type Merges interface {
	// Merge: from its transaction on every hold that stands on one record, but for
	// those on one request, binds the other too. ErrNotFound (also of a record whose
	// data was destroyed), ErrMerged, *BothLiveError.
	Merge(ctx context.Context, merge Merge) (MergedPersons, error)
	// Split gives each record back what was its own and what is assigned to it. What
	// held them both goes on holding both until its authority lifts it. ErrNotFound,
	// ErrEnded (by another command), *AssignmentError.
	Split(ctx context.Context, splitting Splitting) (Merge, error)
	// One reads a merge; ErrNotFound.
	One(ctx context.Context, id string) (Merge, error)
	// Of lists those that a record took part in, undone ones too, the oldest first.
	Of(ctx context.Context, personID string) ([]Merge, error)
	// Added lists what a split may assign, in the order of coming.
	Added(ctx context.Context, mergeID string) ([]Added, error)
}
