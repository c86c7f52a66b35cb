-- name: TakeOutbox :many
-- Workflows whose signals were handed out least often go first, so that one
-- that can't be reached does not starve the others; each one's signals are in
-- order. A request that has not begun hears nothing yet.
WITH heads AS (
    SELECT o.workflow_id, min(o.tries) AS tries, min(o.outbox_id) AS head
    FROM outbox o
    WHERE o.done_at IS NULL AND NOT EXISTS (
        SELECT FROM requests r WHERE o.workflow_id = 'request/' || r.request_id AND r.live AND r.seq = 0)
    GROUP BY o.workflow_id
), chosen AS (
    SELECT o.outbox_id, h.tries AS turn, h.head FROM outbox o JOIN heads h USING (workflow_id)
    WHERE o.done_at IS NULL
    ORDER BY h.tries, h.head, o.outbox_id LIMIT @max_rows
), handed AS (
    UPDATE outbox o SET tries = o.tries + 1 FROM chosen c WHERE o.outbox_id = c.outbox_id
    RETURNING o.*, c.turn, c.head
)
SELECT outbox_id, workflow_id, signal, start, payload, created_at FROM handed ORDER BY turn, head, outbox_id;

-- name: Delivered :exec
UPDATE outbox SET done_at = @done_at WHERE outbox_id = @outbox_id AND done_at IS NULL;

-- name: OutstandingPokes :many
-- Also those whose mailbox left a mail behind: claimed and never begun, or of
-- unknown fate for longer than a mailbox waits before it repeats one.
WITH behind AS (
    SELECT b.recipient, b.poked_at AS since FROM mailboxes b WHERE b.poked_at <= @poked_before
    UNION ALL
    SELECT m.recipient, m.claimed_at FROM messages m WHERE m.status = 'claimed' AND m.claimed_at <= @poked_before
    UNION ALL
    SELECT m.recipient, m.sending_at FROM messages m
    WHERE m.status IN ('sending', 'unknown') AND m.sending_at <= @unknown_before
        AND NOT EXISTS (SELECT FROM messages again WHERE again.repeat_of = m.message_id)
        AND (m.repeat_of IS NULL OR m.status = 'sending')
        AND EXISTS (SELECT FROM notices n WHERE n.message_id = m.message_id AND n.status = 'bundled')
)
SELECT recipient FROM behind GROUP BY recipient ORDER BY min(since), recipient LIMIT @max_rows;

-- name: LiveRequests :many
SELECT request_id, seq, opened_at FROM requests
WHERE live AND (sqlc.narg(after)::uuid IS NULL OR request_id > sqlc.narg(after))
ORDER BY request_id LIMIT @max_rows;

-- name: DetainedPersons :many
SELECT person_id FROM custody_clocks
WHERE detained AND (sqlc.narg(after)::uuid IS NULL OR person_id > sqlc.narg(after))
ORDER BY person_id LIMIT @max_rows;

-- name: GapWindow :many
-- A stretch of requests by id; the last row tells where the next stretch begins.
SELECT r.request_id, r.seq::bigint AS seq,
    (SELECT count(*) FROM events e WHERE e.request_id = r.request_id AND e.seq <= r.seq)::bigint AS recorded,
    (NOT r.live AND r.seq > 0 AND NOT EXISTS (
        SELECT FROM events e WHERE e.request_id = r.request_id AND e.type = 'closed'))::boolean AS ended_unsaid
FROM requests r
WHERE (sqlc.narg(after)::uuid IS NULL OR r.request_id > sqlc.narg(after))
ORDER BY r.request_id LIMIT @max_rows;

-- name: Gaps :many
-- The last event of a request that ended without an event is asked for as well.
SELECT r.request_id, missing.seq::bigint AS seq
FROM requests r
CROSS JOIN LATERAL generate_series(1, r.seq) AS missing(seq)
WHERE r.request_id = ANY (CAST(@request_ids::text[] AS uuid[]))
    AND (NOT EXISTS (SELECT FROM events e WHERE e.request_id = r.request_id AND e.seq = missing.seq)
        OR missing.seq = r.seq AND NOT r.live AND NOT EXISTS (
            SELECT FROM events e WHERE e.request_id = r.request_id AND e.type = 'closed'))
ORDER BY r.request_id, missing.seq
LIMIT @max_rows;

-- name: Opening :one
SELECT * FROM events WHERE request_id = @request_id AND seq = 1;

-- name: StandingAlarms :many
-- What needs a person and was not settled, the newest first.
SELECT kind, request_id, person_id, detail, raised_at FROM alarms
WHERE settled_at IS NULL ORDER BY raised_at DESC, alarm_id DESC LIMIT @max_rows;
