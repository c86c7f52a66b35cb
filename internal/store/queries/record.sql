-- name: LockRequest :one
-- Recording of one request is done by one at a time.
SELECT request_id, person_id, code, country, post, field_office, officer, seq, live
FROM requests WHERE request_id = @request_id FOR NO KEY UPDATE;

-- name: AddEvents :one
WITH added AS (
    INSERT INTO events (request_id, seq, type, occurred_at, recorded_at, actor, actor_roles, command_id, data, content_sha256)
    SELECT @request_id::uuid, unnest(@seqs::bigint[]), unnest(@types::text[]), unnest(@occurred::timestamptz[]),
        unnest(@recorded::timestamptz[]), unnest(@actors::text[]), string_to_array(unnest(@roles::text[]), ','),
        NULLIF(unnest(@commands::text[]), '')::uuid, unnest(@data::jsonb[]), unnest(@hashes::bytea[])
    ON CONFLICT (request_id, seq) DO NOTHING
    RETURNING seq
)
SELECT count(*) FROM added;

-- name: EventHashes :many
SELECT seq, content_sha256 FROM events WHERE request_id = @request_id AND seq = ANY (@seqs::bigint[]);

-- name: UpdateRequest :exec
UPDATE requests SET
    seq = @seq, material_seq = @material_seq, stage = @stage, stage_since = @stage_since, owner = @owner,
    officer = @officer, post = @post, outcome = @outcome, closed_at = sqlc.narg(closed_at),
    waiting_since = sqlc.narg(waiting_since), last_contact_at = sqlc.narg(last_contact_at),
    first_issued_at = sqlc.narg(first_issued_at), valid_to = sqlc.narg(valid_to), detained = @detained, level = @level,
    next_due_at = sqlc.narg(next_due_at), next_due_kind = @next_due_kind, live = @live
WHERE request_id = @request_id AND seq <= @seq;

-- name: ReplaceDeadlines :exec
-- What is no longer to come goes; what stays keeps its row.
WITH gone AS (
    DELETE FROM deadlines WHERE deadlines.subject = @subject AND NOT (deadlines.name = ANY (@names::text[]))
)
INSERT INTO deadlines (subject, name, request_id, person_id, kind, level, legal, due_at, suspended, seq, why)
SELECT @subject, unnest(@names::text[]), sqlc.narg(request_id)::uuid, @person_id::uuid, unnest(@kinds::text[]),
    NULLIF(unnest(@levels::integer[]), -1), unnest(@legals::boolean[]),
    NULLIF(unnest(@due::timestamptz[]), '0001-01-01T00:00:00Z'), unnest(@suspended::boolean[]), @seq::bigint, unnest(@why::jsonb[])
ON CONFLICT (subject, name) DO UPDATE SET
    kind = excluded.kind, level = excluded.level, legal = excluded.legal, due_at = excluded.due_at,
    suspended = excluded.suspended, seq = excluded.seq, why = excluded.why;

-- name: PutEscalations :exec
INSERT INTO escalations (escalation_id, request_id, local_id, level, trigger, status, asked_at, acknowledge_by,
    acknowledged_by, next_until, unreachable_at, closed_at, seq)
SELECT unnest(@ids::text[])::uuid, @request_id::uuid, unnest(@local_ids::text[]), unnest(@levels::integer[]),
    unnest(@triggers::text[]), unnest(@statuses::text[]), unnest(@asked::timestamptz[]),
    NULLIF(unnest(@acknowledge_by::timestamptz[]), '0001-01-01T00:00:00Z'), unnest(@acknowledged_by::text[]),
    NULLIF(unnest(@next_until::timestamptz[]), '0001-01-01T00:00:00Z'), NULLIF(unnest(@unreachable::timestamptz[]), '0001-01-01T00:00:00Z'),
    NULLIF(unnest(@closed::timestamptz[]), '0001-01-01T00:00:00Z'), @seq::bigint
ON CONFLICT (escalation_id) DO UPDATE SET
    level = excluded.level, trigger = excluded.trigger, status = excluded.status, asked_at = excluded.asked_at,
    acknowledge_by = excluded.acknowledge_by, acknowledged_by = excluded.acknowledged_by,
    next_until = excluded.next_until, unreachable_at = excluded.unreachable_at, closed_at = excluded.closed_at,
    seq = excluded.seq
WHERE escalations.seq <= excluded.seq AND
    (escalations.status, escalations.asked_at, escalations.trigger, escalations.acknowledge_by, escalations.next_until,
     escalations.unreachable_at, escalations.acknowledged_by, escalations.closed_at)
    IS DISTINCT FROM
    (excluded.status, excluded.asked_at, excluded.trigger, excluded.acknowledge_by, excluded.next_until,
     excluded.unreachable_at, excluded.acknowledged_by, excluded.closed_at);

-- name: RecallWhatIsOut :exec
-- Everything of a closed request that left, or may have, is asked back; of a question nothing lies there.
INSERT INTO recalls (recall_id, dispatch_id, request_id, opened_at, closed_at)
SELECT d.dispatch_id, d.dispatch_id, d.request_id, @opened_at::timestamptz, CASE WHEN d.kind = 'record_contact' THEN @opened_at::timestamptz END
FROM dispatches d WHERE d.request_id = @request_id AND d.status IN ('sending', 'sent')
ON CONFLICT (dispatch_id) DO NOTHING;

-- name: RequestSeqHash :one
SELECT content_sha256 FROM events WHERE request_id = @request_id AND seq = @seq;

-- name: AddAlarm :exec
INSERT INTO alarms (kind, request_id, person_id, detail, raised_at)
VALUES (@kind, sqlc.narg(request_id), sqlc.narg(person_id), @detail, @raised_at)
ON CONFLICT (kind, request_id, person_id, detail) DO NOTHING;
