package api

import (
	"context"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Hold stops everything that would leave in its scope.
type Hold struct {
	ID        string
	PersonID  string
	Scope     string // person, country, request; of those that HoldScopes gives of its kind
	Country   string // of scope country
	RequestID string // of scope request
	Kind      string // need to know (8 CFR 208.6)
	Authority string // who alone may lift it; need to know
	Source    tdr.Evidence
	Dated     calendar.Date
	ReviewBy  calendar.Date // zero: none
	Expiry    HoldExpiry    // zero: it ends by lifting alone
	PlacedBy  string
	PlacedAt  time.Time
	Fence     int64    // the person's fence version that the placing made
	Stay      string   // the stay that it keeps, by the key in LegalEvent.HoldID; empty of any other
	Alike     []string // the records that look like the person's, where that is why it stands
	// Binds are the person and whoever was one human with them while it stood; reads fill it in.
	Binds []string

	LiftedBy   string
	LiftedAt   time.Time // zero while it stands
	LiftSource tdr.Evidence
	LiftReason string // a code
}

// HoldExpiry is the last day of a hold as its authority set it.
type HoldExpiry struct {
	On     calendar.Date // zero: none, or taken back
	Zone   string        // IANA name of where the authority sits
	At     time.Time     // the first instant after On in Zone
	Source tdr.Evidence  // the authority's document that says so
}

// HoldAmendment changes the days of a hold that stands.
type HoldAmendment struct {
	CommandID string
	HoldID    string
	By        string
	ReviewBy  calendar.Date // zero: as it is
	Expiry    *HoldExpiry   // on the word of the hold's authority; nil: as it is
}

// PlacedHold is a hold and what may have left before it took effect.
type PlacedHold struct {
	Hold
	MayHaveLeft []Recall
	Poke        []string // mailboxes of those who are told of it at once
}

// LiftedHold is a hold that stands no longer, and what goes back through the gate.
type LiftedHold struct {
	Hold
	GoesBack []GoesBack
}

// GoesBack is an open request that a hold had stopped. Lifting sends nothing:
// what waits is authorised anew when its officer sends it.
type GoesBack struct {
	RequestID string
	Code      string
	Stage     tdr.Stage
	StillHeld bool // another hold stands in its scope
	// CameBack are dispatches that the hold asked back and that were confirmed:
	// they are reviewed and sent anew. Awaited are those that are not confirmed yet.
	CameBack, Awaited []string
}

// Lifting ends a hold.
type Lifting struct {
	CommandID string
	HoldID    string
	By        string
	Source    tdr.Evidence
	Reason    string // a code
}

// HoldFilter narrows a list of holds; empty fields do not.
type HoldFilter struct {
	Sight     Sight  // of any request that the hold reaches
	Knows     Sight  // of any request of the person, where the hold is of a country that was not asked yet
	PlacedBy  string // who sees the person and has placed the hold reads it whatever it reaches
	PersonID  string
	RequestID string // in whose scope they stand
	Country   string
	Standing  bool // only those not lifted
	Page      Page // by placed_at descending, id descending
}

// Holds keeps what stops sending.
type Holds interface {
	// Place refuses a scope that is not of the hold's kind (ErrHoldScope), and the id of
	// another person's hold or one of another kind (ErrKeyReused). It raises the
	// person's fence version, keeps the hold, opens a recall for each dispatch in scope
	// that is 'sending', and leaves a HoldChanged for each live request in scope in the
	// outbox; of a citizenship claim it tells counsel and enters it in the person's
	// field; all in one transaction. Hold.ID is the command id.
	Place(ctx context.Context, hold Hold) (PlacedHold, error)
	// Hold reads one; ErrNotFound.
	Hold(ctx context.Context, id string) (Hold, error)
	// OfStay reads the hold that keeps a stay now; ErrNotFound where none stands.
	// Whom it binds is left out.
	OfStay(ctx context.Context, stay string) (Hold, error)
	// Lift ends it likewise; ErrNotFound, ErrAlreadyLifted (by another command),
	// ErrCitizen, ErrStayStands. The last claim to citizenship that is lifted was not upheld. The
	// outbox gets HoldChanged only where this was the last word on that hold.
	Lift(ctx context.Context, lifting Lifting) (LiftedHold, error)
	// GoesBack tells what a lifting would set free; ErrNotFound, ErrStayStands.
	GoesBack(ctx context.Context, holdID string) ([]GoesBack, error)
	// Amend changes its days; ErrNotFound, ErrAlreadyLifted (by whatever), ErrStayStands
	// of a last day. A hold
	// whose last day is over has ended, and is not amended.
	Amend(ctx context.Context, amendment HoldAmendment) (Hold, error)
	// FindCitizenship enters counsel's finding of a claim that stands in the person's
	// field; ErrNotFound, ErrAlreadyLifted. The claim goes on stopping everything.
	FindCitizenship(ctx context.Context, finding CitizenshipFinding) (CitizenshipEntry, error)
	// Citizenship is a person's field with its history, the newest entry last; none
	// when nobody ever claimed it.
	Citizenship(ctx context.Context, personID string) ([]CitizenshipEntry, error)
	// WorkedOn lists who is or ever was the case officer of a request of the persons,
	// closed ones too, or opened it, and who wrote their data sheet, uploaded a document
	// of theirs, or prepared, approved, authorised or sent what was to leave; in no order.
	WorkedOn(ctx context.Context, persons []string) ([]string, error)
	List(ctx context.Context, filter HoldFilter) ([]Hold, error)
}
