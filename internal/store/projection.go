package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func requestUpdate(id string, row tdr.Row) (sqlcgen.UpdateRequestParams, error) {
	update := sqlcgen.UpdateRequestParams{
		RequestID: id, Seq: row.Seq, MaterialSeq: row.MaterialSeq,
		Stage: string(row.Stage), StageSince: row.StageSince.UTC(), Owner: string(row.Owner),
		Officer: row.Officer, Post: row.Post, Outcome: string(row.Outcome), ClosedAt: maybeTime(row.ClosedAt),
		WaitingSince: maybeTime(row.WaitingSince), LastContactAt: maybeTime(row.LastContactAt),
		FirstIssuedAt: maybeTime(row.FirstIssuedAt), Detained: row.Detained, Level: int32(row.Level),
		Live: row.Stage != tdr.Closed,
	}
	if row.ValidTo != "" {
		date, err := calendar.ParseDate(row.ValidTo)
		if err != nil {
			return update, fmt.Errorf("read the row's valid_to: %w", err)
		}
		update.ValidTo = maybeDate(date)
	}
	for _, deadline := range row.Deadlines {
		if !deadline.Suspended && (update.NextDueAt == nil || deadline.At.Before(*update.NextDueAt)) {
			update.NextDueAt, update.NextDueKind = maybeTime(deadline.At), string(deadline.Kind)
		}
	}
	return update, nil
}

func requestDeadlines(request sqlcgen.LockRequestRow, row tdr.Row) (sqlcgen.ReplaceDeadlinesParams, error) {
	rows := sqlcgen.ReplaceDeadlinesParams{
		Subject: requestSubject(request.RequestID), RequestID: &request.RequestID, PersonID: request.PersonID, Seq: row.Seq,
		Names: []string{},
	}
	for _, deadline := range row.Deadlines {
		why, err := json.Marshal(deadline.Why)
		if err != nil {
			return rows, fmt.Errorf("write why %s is due: %w", deadline.Kind, err)
		}
		level := int32(-1)
		if deadline.Kind == tdr.LadderLevel {
			level = int32(deadline.Level)
		}
		rows.Names = append(rows.Names, deadline.Name())
		rows.Kinds = append(rows.Kinds, string(deadline.Kind))
		rows.Levels = append(rows.Levels, level)
		rows.Legals = append(rows.Legals, deadline.Legal)
		rows.Due = append(rows.Due, dueAt(deadline))
		rows.Suspended = append(rows.Suspended, deadline.Suspended)
		rows.Why = append(rows.Why, why)
	}
	return rows, nil
}

func dueAt(deadline tdr.Deadline) time.Time {
	if deadline.Suspended {
		return time.Time{}
	}
	return deadline.At.UTC()
}

func escalationRows(requestID string, row tdr.Row) (sqlcgen.PutEscalationsParams, error) {
	rows := sqlcgen.PutEscalationsParams{RequestID: requestID, Seq: row.Seq}
	for _, escalation := range row.Escalations {
		id, err := derived(requestID, escalation.ID)
		if err != nil {
			return rows, err
		}
		rows.Ids = append(rows.Ids, id)
		rows.LocalIds = append(rows.LocalIds, escalation.ID)
		rows.Levels = append(rows.Levels, int32(escalation.Level))
		rows.Triggers = append(rows.Triggers, string(escalation.Trigger))
		rows.Statuses = append(rows.Statuses, string(escalation.Status))
		rows.Asked = append(rows.Asked, escalation.AskedAt.UTC())
		rows.AcknowledgeBy = append(rows.AcknowledgeBy, escalation.AcknowledgeBy.UTC())
		rows.AcknowledgedBy = append(rows.AcknowledgedBy, escalation.By)
		rows.NextUntil = append(rows.NextUntil, escalation.Until.UTC())
		rows.Unreachable = append(rows.Unreachable, escalation.UnreachableAt.UTC())
		rows.Closed = append(rows.Closed, escalation.ClosedAt.UTC())
	}
	return rows, nil
}
