-- name: FiledNotices :many
SELECT filed_under, recipient, status FROM notices WHERE filed_under = ANY (@keys::text[]);

-- name: FileNotices :many
-- Whoever was told of a thing already is not told again.
WITH filed AS (
    INSERT INTO notices (notice_id, key, filed_under, recipient, request_id, person_id, kind, level, escalation, country, data, status, filed_at)
    SELECT unnest(@ids::text[])::uuid, unnest(@keys::text[]), unnest(@filed_under::text[]), unnest(@recipients::text[]),
        sqlc.narg(request_id)::uuid, @person_id::uuid, unnest(@kinds::text[]), NULLIF(unnest(@levels::integer[]), -1),
        unnest(@escalations::text[]), @country::text, unnest(@data::jsonb[]), unnest(@statuses::text[]), @filed_at::timestamptz
    ON CONFLICT (key) DO NOTHING
    RETURNING recipient, status
)
SELECT DISTINCT recipient FROM filed WHERE status = 'waiting' ORDER BY recipient;

-- name: Poke :many
-- Only a mailbox without an outstanding poke is poked. The order keeps two
-- recordings that share recipients from waiting for each other.
WITH wanted AS (
    SELECT r::text AS recipient FROM unnest(@recipients::text[]) r ORDER BY 1
)
INSERT INTO mailboxes (recipient, poked_at)
SELECT recipient, @at::timestamptz FROM wanted
ON CONFLICT (recipient) DO UPDATE SET poked_at = excluded.poked_at WHERE mailboxes.poked_at IS NULL
RETURNING recipient;
