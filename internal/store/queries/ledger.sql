-- name: TakePokeDown :exec
INSERT INTO mailboxes (recipient) VALUES (@recipient)
ON CONFLICT (recipient) DO UPDATE SET poked_at = NULL;

-- name: WaitingNotices :many
SELECT n.*, COALESCE(r.code, '')::text AS code,
    ((r.live IS FALSE AND n.kind NOT IN ('custody', 'counsel', 'hold_review', 'hold_expired', 'break_glass', 'recall')) OR COALESCE(e.status, '') IN ('closed', 'acknowledged')
        OR (n.kind IN ('package', 'question') AND EXISTS (SELECT FROM recalls c WHERE n.filed_under = n.kind || '/' || c.dispatch_id))
        OR (n.kind IN ('counsel', 'hold_review') AND EXISTS (
            SELECT FROM holds h WHERE h.hold_id::text = split_part(n.filed_under, '/', 2) AND h.lifted_at IS NOT NULL)))::boolean AS moot
FROM notices n
LEFT JOIN requests r ON r.request_id = n.request_id
LEFT JOIN escalations e ON e.request_id = n.request_id AND e.local_id = n.escalation AND n.escalation <> ''
WHERE n.recipient = @recipient AND n.status = 'waiting'
ORDER BY n.filed_at, n.key;

-- name: MarkNotices :exec
UPDATE notices SET status = @status WHERE notice_id = ANY (CAST(@ids::text[] AS uuid[]));

-- name: BundleNotices :exec
UPDATE notices SET status = 'bundled', message_id = @message_id WHERE notice_id = ANY (CAST(@ids::text[] AS uuid[]));

-- name: AddMessage :exec
INSERT INTO messages (message_id, recipient, address, token, kind, subject, status, repeat_of, claimed_at)
VALUES (@message_id, @recipient, @address, @token, @kind, @subject, 'claimed', sqlc.narg(repeat_of), @claimed_at);

-- name: ClaimedMessages :many
SELECT * FROM messages WHERE recipient = @recipient AND status = 'claimed' ORDER BY claimed_at, message_id;

-- name: NoticesOfMessages :many
SELECT n.*, COALESCE(r.code, '')::text AS code
FROM notices n LEFT JOIN requests r ON r.request_id = n.request_id
WHERE n.message_id = ANY (CAST(@message_ids::text[] AS uuid[]))
ORDER BY n.filed_at, n.key;

-- name: MarkSending :execrows
-- A mail that tells a post of what is asked back meanwhile is begun no more.
UPDATE messages m SET status = 'sending', sending_at = @sending_at WHERE m.message_id = @message_id AND m.status = 'claimed'
    AND NOT EXISTS (SELECT FROM notices n JOIN recalls c ON n.kind IN ('package', 'question') AND n.filed_under = n.kind || '/' || c.dispatch_id WHERE n.message_id = m.message_id);

-- name: TakeMailBack :exec
-- Its notices wait again, each for its own fate.
WITH dropped AS (
    UPDATE messages m SET status = 'dropped', settled_at = @settled_at, error_code = 'asked_back'
    WHERE m.message_id = @message_id AND m.status = 'claimed'
        AND EXISTS (SELECT FROM notices n JOIN recalls c ON n.kind IN ('package', 'question') AND n.filed_under = n.kind || '/' || c.dispatch_id WHERE n.message_id = m.message_id)
    RETURNING m.message_id
)
UPDATE notices n SET status = 'waiting', message_id = NULL FROM dropped WHERE n.message_id = dropped.message_id;

-- name: SettleMessage :execrows
-- What the provider reported meanwhile stands. Notices follow their message.
WITH settled AS (
    UPDATE messages m SET status = @status::text, settled_at = @settled_at::timestamptz, error_code = @error_code::text,
        provider_id = CASE WHEN @provider_id::text = '' THEN m.provider_id ELSE @provider_id END
    WHERE m.message_id = @message_id AND m.status = ANY (@from_statuses::text[])
    RETURNING m.message_id
), followed AS (
    UPDATE notices n SET status = 'sent'
    FROM settled WHERE n.message_id = settled.message_id AND n.status = 'bundled' AND @status IN ('accepted', 'delivered')
)
SELECT FROM settled;

-- name: KeepProviderID :execrows
-- The row is found even where nothing changes, so that a message that is not there can be told.
UPDATE messages SET provider_id = CASE WHEN @provider_id::text = '' THEN provider_id ELSE @provider_id END
WHERE message_id = @message_id;

-- name: LockMailbox :exec
INSERT INTO mailboxes (recipient) VALUES (@recipient)
ON CONFLICT (recipient) DO UPDATE SET poked_at = mailboxes.poked_at;

-- name: UnsettledMessages :many
-- A repeat is not repeated, and neither is what was repeated.
SELECT m.* FROM messages m
WHERE m.recipient = @recipient AND m.status IN ('sending', 'unknown') AND m.sending_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM messages again WHERE again.repeat_of = m.message_id)
    AND (m.repeat_of IS NULL OR m.status = 'sending')
ORDER BY m.sending_at, m.message_id;

-- name: MoveNotices :exec
UPDATE notices SET message_id = @to_message::uuid WHERE message_id = @from_message::uuid;
