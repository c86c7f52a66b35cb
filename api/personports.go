package api

import (
	"context"
	"errors"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

var (
	// ErrEnded: another command ended it.
	ErrEnded = errors.New("was ended already")
	// ErrListed: the issuer is on the list from that day, otherwise.
	ErrListed = errors.New("is listed otherwise")
)

// Flag routes a person specially: minors, medical conditions, victims of
// trafficking (8 USC 1367) and families.
type Flag struct {
	ID       string
	PersonID string
	Kind     string // need to know
	Source   tdr.Evidence
	Dated    calendar.Date
	RaisedBy string
	RaisedAt time.Time

	EndedBy   string
	EndedAt   time.Time // zero while it stands
	EndSource tdr.Evidence
	EndReason string // a code
}

// FlagEnding ends a flag.
type FlagEnding struct {
	CommandID string
	FlagID    string
	By        string
	Source    tdr.Evidence
	Reason    string // a code
}

// Nationality is one that somebody or something claims for a person. None
// replaces another, and none moves the country on an order.
type Nationality struct {
	ID         string
	PersonID   string
	Country    string // ISO 3166-1 alpha-3
	ClaimedBy  string // person, document, country, family, record
	Dated      calendar.Date
	Source     tdr.Evidence
	RecordedBy string
	RecordedAt time.Time
	Poke       []string // mailboxes of those who are told at once; only claiming tells them
}

// ConsularNotification says that consular officers of a country were told of a
// detention, or that the person declined it where that is the person's to say.
type ConsularNotification struct {
	ID            string
	PersonID      string
	Country       string // ISO 3166-1 alpha-3
	DetainedSince calendar.Date
	Kind          string    // mandatory, at_request, declined
	Means         string    // telephone, fax, mail, electronic, in_person; empty when declined
	NotifiedAt    time.Time // zero when declined
	Source        tdr.Evidence
	RecordedBy    string
	RecordedAt    time.Time
}

// Persons keeps what is known of persons beside custody and holds. Each write
// is safe to repeat with the same id, and answers with what is on record.
type Persons interface {
	RaiseFlag(ctx context.Context, flag Flag) (Flag, error)
	// Flag reads one; ErrNotFound.
	Flag(ctx context.Context, id string) (Flag, error)
	// EndFlag: ErrNotFound, ErrEnded.
	EndFlag(ctx context.Context, ending FlagEnding) (Flag, error)
	// Flags lists ended ones too, in the order of raising.
	Flags(ctx context.Context, personID string) ([]Flag, error)
	// ClaimNationality adds a claim. Where it keeps what concerns the person from a
	// country that is asked (playbook.NeverAddressed), counsel's hold comes with it.
	ClaimNationality(ctx context.Context, claim Nationality) (Nationality, error)
	Nationalities(ctx context.Context, personID string) ([]Nationality, error)
	// KnownNationalities are the countries that claims and orders give the human, under
	// any of their records, whoever sees those: for what is never sent, not for showing.
	KnownNationalities(ctx context.Context, personID string) ([]string, error)
	RecordConsularNotification(ctx context.Context, told ConsularNotification) (ConsularNotification, error)
	ConsularNotifications(ctx context.Context, personID string) ([]ConsularNotification, error)
}

// Issuer is an authority whose documents may be used, for days of validity
// that are local to the post.
type Issuer struct {
	ID        string
	Post      string
	ValidFrom calendar.Date
	ValidTo   calendar.Date // its last day; zero: open
	Source    string        // where the listing comes from
	ListedBy  string
	ListedAt  time.Time
	EndSource string
	EndedBy   string
	EndedAt   time.Time // zero while nobody ended it
}

// IssuerEnding says on which day a listing ended.
type IssuerEnding struct {
	ID        string
	Post      string
	ValidFrom calendar.Date // of the listing
	ValidTo   calendar.Date
	Source    string
	By        string
}

// Issuers keeps the verified issuers of posts.
type Issuers interface {
	// List: ErrListed.
	List(ctx context.Context, issuer Issuer) (Issuer, error)
	// End: ErrNotFound, ErrEnded.
	End(ctx context.Context, ending IssuerEnding) (Issuer, error)
	// Of lists a post's, ended ones too.
	Of(ctx context.Context, post string) ([]Issuer, error)
}

// DocumentIssuer is who issued a request's newest document.
type DocumentIssuer struct {
	Issuer string // empty: no document was issued
	Known  bool   // the post's list names it, on whatever days
	Listed bool   // it was on the list on the day of issue
}
