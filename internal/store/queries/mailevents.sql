-- name: MessageOfEvent :one
SELECT message_id FROM messages
WHERE (@message_id::text <> '' AND message_id = NULLIF(@message_id, '')::uuid)
    OR (@message_id = '' AND @provider_id::text <> '' AND provider_id = @provider_id)
LIMIT 1;

-- name: AddMailEvent :execrows
INSERT INTO mail_events (dedupe_key, message_id, event, at, reason, received_at)
VALUES (@dedupe_key, @message_id, @event, @at, @reason, @received_at)
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: UndeliveredNotices :many
-- The notices of a message, or of its repeat, that failed just now.
UPDATE notices n SET status = 'failed'
WHERE (n.message_id = @message_id OR n.message_id IN (SELECT m.message_id FROM messages m WHERE m.repeat_of = @message_id AND m.status NOT IN ('accepted', 'delivered')))
    AND n.status IN ('waiting', 'bundled', 'sent')
RETURNING n.*;

-- name: DropRepeat :exec
-- A mail arrived after all: its repeat is not needed, unless it is on its way.
WITH dropped AS (
    UPDATE messages m SET status = 'dropped', error_code = 'not_needed', settled_at = @settled_at::timestamptz
    WHERE m.repeat_of = @message_id::uuid AND m.status = 'claimed'
    RETURNING m.message_id
)
UPDATE notices n SET status = 'sent', message_id = @message_id
FROM dropped WHERE n.message_id = dropped.message_id AND n.status = 'bundled';

-- name: FailNotices :many
UPDATE notices n SET status = 'failed' WHERE n.notice_id = ANY (CAST(@ids::text[] AS uuid[])) RETURNING n.*;

-- name: LockThing :exec
-- What several are told of is judged by one at a time: two whose mails fail at
-- the same moment would each take the other for told.
SELECT pg_advisory_xact_lock(hashtextextended(@filed_under::text, 0));

-- name: NobodyLeft :one
-- Whether nobody is left who was told of a thing, or still may be.
SELECT NOT EXISTS (SELECT FROM notices WHERE filed_under = @filed_under AND status IN ('waiting', 'bundled', 'sent', 'moot'));

-- name: SignalRequest :execrows
INSERT INTO outbox (workflow_id, signal, payload, created_at)
SELECT 'request/' || r.request_id, @signal, @payload::jsonb, @at::timestamptz
FROM requests r WHERE r.request_id = @request_id AND r.live;
