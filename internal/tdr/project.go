package tdr

import (
	"slices"
	"time"
)

// Row is the read model of a request: what lists and reports need, without
// asking the engine. It is true as of Seq.
type Row struct {
	RequestID   string    `json:"request_id"`
	Seq         int64     `json:"seq"`
	MaterialSeq int64     `json:"material_seq"`
	Stage       Stage     `json:"stage"`
	StageSince  time.Time `json:"stage_since"`
	Owner       Owner     `json:"owner,omitempty"`
	Officer     string    `json:"officer"`
	Post        string    `json:"post"`
	Outcome     Outcome   `json:"outcome,omitempty"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`

	WaitingSince  time.Time `json:"waiting_since,omitzero"` // the consulate owes an answer since
	LastContactAt time.Time `json:"last_contact_at,omitzero"`
	FirstIssuedAt time.Time `json:"first_issued_at,omitzero"`
	ValidTo       string    `json:"valid_to,omitempty"` // of the document in hand
	Detained      bool      `json:"detained"`
	Level         int       `json:"level"` // highest open level, -1 for none
	Recall        bool      `json:"recall,omitempty"`

	Escalations []EscalationRow `json:"escalations,omitempty"`
	Deadlines   []Deadline      `json:"deadlines,omitempty"`
}

// EscalationRow is an escalation in the read model.
type EscalationRow struct {
	ID            string           `json:"id"`
	Level         int              `json:"level"`
	Trigger       Trigger          `json:"trigger"`
	Status        EscalationStatus `json:"status"`
	AskedAt       time.Time        `json:"asked_at"`
	AcknowledgeBy time.Time        `json:"acknowledge_by,omitzero"`
	By            string           `json:"by,omitempty"`
	Until         time.Time        `json:"until,omitzero"`
	UnreachableAt time.Time        `json:"unreachable_at,omitzero"`
	ClosedAt      time.Time        `json:"closed_at,omitzero"`
}

// Project is the read model of a state.
func Project(s State) Row {
	row := Row{
		RequestID: s.ID, Seq: s.Seq, MaterialSeq: s.MaterialSeq,
		Stage: s.Stage, StageSince: s.StageSince, Owner: s.Stage.Owner(),
		Officer: s.Officer, Post: s.Post, Outcome: s.Outcome, ClosedAt: s.ClosedAt,
		WaitingSince: s.Waiting.Since, LastContactAt: s.Contacts.Last, FirstIssuedAt: s.FirstIssuedAt,
		ValidTo: s.Document.ValidTo.String(), Detained: s.Custody.Detained, Level: s.Ladder.Level(),
		Recall:    s.Package.Out && slices.Contains(withdrawals(), s.Outcome),
		Deadlines: Due(s),
	}
	for _, e := range s.Ladder.Escalations {
		row.Escalations = append(row.Escalations, EscalationRow{
			ID: e.ID, Level: e.Level, Trigger: e.Trigger, Status: e.Status, AskedAt: e.Asked,
			AcknowledgeBy: e.AcknowledgeBy, By: e.By, Until: e.Until, UnreachableAt: e.Unreachable, ClosedAt: e.Closed,
		})
	}
	return row
}
