-- name: AddCommand :execrows
INSERT INTO commands (command_id, principal, operation, fingerprint, request_id, person_id, input, status, stored_at)
VALUES (@command_id, @principal, @operation, @fingerprint, sqlc.narg(request_id), sqlc.narg(person_id), @input, 'stored', @stored_at)
ON CONFLICT (command_id) DO NOTHING;

-- name: Command :one
SELECT * FROM commands WHERE command_id = @command_id;

-- name: FinishCommand :one
-- The first answer stays. What the command let leave has left with it, or was stopped.
WITH finished AS (
    UPDATE commands c SET status = CASE WHEN @refused::boolean THEN 'refused' ELSE 'done' END,
        answer_status = @answer_status::integer, answer = @answer::bytea, answer_headers = @answer_headers::jsonb,
        done_at = @done_at::timestamptz
    WHERE c.command_id = @command_id AND c.status = 'stored'
    RETURNING c.command_id
), settled AS (
    UPDATE dispatches d SET status = CASE WHEN @refused THEN 'stopped' ELSE 'sent' END,
        sent_at = CASE WHEN NOT @refused THEN @done_at END,
        stopped_at = CASE WHEN @refused THEN @done_at END
    WHERE d.dispatch_id IN (SELECT finished.command_id FROM finished) AND d.status = 'sending'
    RETURNING d.dispatch_id, d.status
), returned AS (
    -- Of what was refused nothing is out that could be asked back.
    UPDATE recalls r SET closed_at = @done_at
    WHERE r.dispatch_id IN (SELECT settled.dispatch_id FROM settled WHERE settled.status = 'stopped') AND r.closed_at IS NULL
)
SELECT finished.command_id FROM finished;

-- name: UnfinishedCommands :many
-- Handing one out counts as a try, so that one that can't be finished does not keep the others waiting.
WITH chosen AS (
    SELECT w.command_id FROM commands w
    WHERE w.status = 'stored' AND w.stored_at <= @stored_before AND (w.tried_at IS NULL OR w.tried_at <= @stored_before)
    ORDER BY w.tried_at NULLS FIRST, w.stored_at, w.command_id
    LIMIT @max_rows
    FOR NO KEY UPDATE SKIP LOCKED
), tried AS (
    UPDATE commands c SET tried_at = @at::timestamptz, tries = tries + 1
    FROM chosen WHERE c.command_id = chosen.command_id
    RETURNING c.command_id, c.operation, c.request_id, c.stored_at
)
SELECT tried.command_id, tried.operation, tried.request_id FROM tried ORDER BY tried.stored_at, tried.command_id;
