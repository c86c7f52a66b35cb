-- name: Dispatches :many
-- What left, or may have, with what was recorded of it; of one id, one request or one post, newest first.
SELECT d.dispatch_id, d.request_id, r.code, d.person_id, r.country, d.kind, d.channel, d.post, d.content, d.status, d.fence,
    d.authorised_at, d.authorised_by, d.sent_at, d.stopped_at,
    h.courier, h.tracking, h.handed_over_by, h.handed_over_at,
    p.document_id, p.delivered_at,
    s.system, s.number, s.submitted_by, s.submitted_at,
    c.opened_at AS recalled_at, c.closed_at AS recall_closed_at, c.confirmed_as, c.confirmed_by, c.confirmed_document,
    (d.status = 'sent' AND r.live AND c.opened_at IS NULL AND NOT EXISTS (
        SELECT FROM bound_holds o WHERE o.binds = d.person_id AND o.lifted_at IS NULL
            AND (o.scope = 'person' OR (o.scope = 'country' AND o.country = r.country) OR (o.scope = 'request' AND o.request_id = r.request_id))
    ))::boolean AS open
FROM dispatches d
JOIN requests r ON r.request_id = d.request_id
LEFT JOIN hand_overs h ON h.dispatch_id = d.dispatch_id
LEFT JOIN proofs_of_delivery p ON p.dispatch_id = d.dispatch_id
LEFT JOIN submissions s ON s.dispatch_id = d.dispatch_id
LEFT JOIN recalls c ON c.dispatch_id = d.dispatch_id
WHERE (sqlc.narg(dispatch_id)::uuid IS NULL OR d.dispatch_id = sqlc.narg(dispatch_id))
    AND (sqlc.narg(request_id)::uuid IS NULL OR d.request_id = sqlc.narg(request_id))
    AND (sqlc.narg(post)::text IS NULL OR d.post = sqlc.narg(post))
    AND (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
        OR r.post = ANY (@posts::text[]) OR (r.officer = @officer::text AND @officer <> ''))
    AND (sqlc.narg(after_at)::timestamptz IS NULL OR (d.authorised_at, d.dispatch_id) < (sqlc.narg(after_at), sqlc.narg(after_id)::uuid))
ORDER BY d.authorised_at DESC, d.dispatch_id DESC
LIMIT @max_rows;

-- name: Release :exec
-- Released twice is released once.
INSERT INTO releases (dispatch_id, channel, released_at) VALUES (@dispatch_id, @channel, @released_at)
ON CONFLICT (dispatch_id) DO NOTHING;

-- name: ReleasedOn :one
-- The channel that a dispatch was released on, and the instants from which nobody
-- was to take it out any more.
SELECT l.channel, c.opened_at AS recalled_at, r.closed_at
FROM releases l
JOIN dispatches d ON d.dispatch_id = l.dispatch_id
JOIN requests r ON r.request_id = d.request_id
LEFT JOIN recalls c ON c.dispatch_id = d.dispatch_id
WHERE l.dispatch_id = @dispatch_id AND d.status <> 'stopped';

-- name: AddHandOver :execrows
INSERT INTO hand_overs (dispatch_id, courier, tracking, handed_over_by, handed_over_at, command_id)
VALUES (@dispatch_id, @courier, @tracking, @handed_over_by, @handed_over_at, @command_id)
ON CONFLICT (command_id) DO NOTHING;

-- name: AddProof :execrows
INSERT INTO proofs_of_delivery (dispatch_id, document_id, delivered_at, recorded_by, recorded_at, command_id)
VALUES (@dispatch_id, @document_id, @delivered_at, @recorded_by, @recorded_at, @command_id)
ON CONFLICT (command_id) DO NOTHING;

-- name: AddSubmission :execrows
INSERT INTO submissions (dispatch_id, system, number, submitted_by, submitted_at, command_id)
VALUES (@dispatch_id, @system, @number, @submitted_by, @submitted_at, @command_id)
ON CONFLICT (command_id) DO NOTHING;

-- name: ConfirmRecall :execrows
-- Only what left comes back. A request that lives hears of it.
WITH confirmed AS (
    UPDATE recalls c SET closed_at = @closed_at, confirmed_as = @confirmed_as, confirmed_by = @confirmed_by,
        confirmed_document = sqlc.narg(document_id), confirmed_with = @command_id
    WHERE c.dispatch_id = @dispatch_id AND c.closed_at IS NULL
        AND EXISTS (SELECT FROM dispatches d WHERE d.dispatch_id = c.dispatch_id AND d.status = 'sent')
    RETURNING c.dispatch_id, c.request_id, c.confirmed_as, c.closed_at
), told AS (
    INSERT INTO outbox (workflow_id, signal, payload, created_at)
    SELECT 'request/' || c.request_id, 'RecallConfirmed', jsonb_build_object('dispatch', c.dispatch_id, 'as', c.confirmed_as), c.closed_at
    FROM confirmed c JOIN requests r ON r.request_id = c.request_id AND r.live
)
SELECT FROM confirmed;

-- name: RecallConfirmedWith :one
SELECT confirmed_with FROM recalls WHERE dispatch_id = @dispatch_id;
