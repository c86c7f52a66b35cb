package api

import (
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// utc keeps the zero time zero, and no more than the microseconds that the
// record can hold: what is answered now is what will be read later.
func utc(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.UTC().Truncate(time.Microsecond)
}

// after is the view once a row of the read model was recorded.
func (v RequestView) after(row tdr.Row) RequestView {
	if row.Stage != v.Stage || !utc(row.StageSince).Equal(utc(v.StageSince)) {
		v.TermPassedAt = time.Time{} // of a stay that is over
	}
	v.AskedSince = time.Time{}
	for _, e := range row.Escalations {
		if e.Status != tdr.EscalationClosed && (v.AskedSince.IsZero() || e.AskedAt.Before(v.AskedSince)) {
			v.AskedSince = e.AskedAt
		}
	}
	v.Seq, v.MaterialSeq, v.Stage, v.StageSince, v.Owner = row.Seq, row.MaterialSeq, row.Stage, row.StageSince, row.Owner
	v.Officer, v.Post, v.Outcome, v.ClosedAt = row.Officer, row.Post, row.Outcome, row.ClosedAt
	v.WaitingSince, v.LastContactAt, v.FirstIssuedAt = row.WaitingSince, row.LastContactAt, row.FirstIssuedAt
	v.ValidTo, v.Detained, v.Level, v.Live = row.ValidTo, row.Detained, row.Level, row.Stage.Open()
	v.NextDueAt, v.NextDueKind = time.Time{}, ""
	if len(row.Deadlines) > 0 && !row.Deadlines[0].Suspended {
		v.NextDueAt, v.NextDueKind = row.Deadlines[0].At, string(row.Deadlines[0].Kind)
	}
	return v
}

func requestOf(v RequestView) contract.Request {
	allowed := []string{}
	for _, name := range tdr.AllowedFrom(v.Stage) {
		allowed = append(allowed, string(name))
	}
	return contract.Request{
		Id: v.RequestID, Code: v.Code, PersonId: v.PersonID, Country: v.Country, Post: v.Post, FieldOffice: v.FieldOffice,
		Officer: v.Officer, Predecessor: v.Predecessor, HighHarm: v.HighHarm,
		Pack: contract.PackRef{Version: v.PackVersion, Hash: v.PackHash},
		Seq:  v.Seq, Version: versionOf(v.Seq, v.HoldVersion), OnHold: v.OnHold, SpecialRouting: v.SpecialRouting,
		Stage: v.Stage, StageSince: utc(v.StageSince), Owner: v.Owner, Outcome: string(v.Outcome),
		OpenedAt: utc(v.OpenedAt), ClosedAt: utc(v.ClosedAt), WaitingSince: utc(v.WaitingSince),
		LastContactAt: utc(v.LastContactAt), FirstIssuedAt: utc(v.FirstIssuedAt), ValidTo: v.ValidTo,
		Detained: v.Detained, Level: v.Level, NextDueAt: utc(v.NextDueAt), NextDueKind: v.NextDueKind,
		OverdueSince: utc(v.OverdueSince()), Allowed: allowed,
	}
}

func recallOf(r Recall) contract.Recall {
	return contract.Recall{
		Id: r.ID, Dispatch: r.DispatchID, Request: r.RequestID, Code: r.Code, OpenedAt: utc(r.OpenedAt), ClosedAt: utc(r.ClosedAt),
	}
}

func escalationOf(v EscalationView) contract.Escalation {
	told := v.Told
	if told == nil {
		told = []string{}
	}
	return contract.Escalation{
		Id: v.ID, LocalId: v.LocalID, Request: v.RequestID, Level: v.Level, Trigger: v.Trigger, Status: v.Status,
		AskedAt: utc(v.AskedAt), AcknowledgeBy: utc(v.AcknowledgeBy), AcknowledgedBy: v.AcknowledgedBy,
		NextUntil: utc(v.NextUntil), UnreachableAt: utc(v.UnreachableAt), ClosedAt: utc(v.ClosedAt), Told: told,
	}
}

// mapped converts a list; an empty one stays a list.
func mapped[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, element := range list {
		out = append(out, convert(element))
	}
	return out
}
