-- name: AddEntry :one
INSERT INTO audit_entries (at, actor, action, object, outcome, source, commitments)
VALUES (@at, @actor, @action, @object, @outcome, @source, @commitments)
RETURNING entry_id;

-- name: Waiting :many
-- Rows without a number, in the order of their ids. A row that commits late is
-- simply numbered later.
SELECT * FROM audit_entries WHERE number IS NULL ORDER BY entry_id LIMIT @max_rows;

-- name: Number :execrows
UPDATE audit_entries e SET number = n.number
FROM (SELECT unnest(@entry_ids::bigint[]) AS entry_id, unnest(@numbers::bigint[]) AS number) n
WHERE e.entry_id = n.entry_id;

-- name: AddHashes :exec
INSERT INTO audit_hashes (position, hash) SELECT unnest(@positions::bigint[]), unnest(@hashes::bytea[]);

-- name: AddCheckpoint :exec
INSERT INTO audit_checkpoints (size, note, hands_over) VALUES (@size, @note, @hands_over);

-- name: LatestCheckpoint :one
SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1;

-- name: CheckpointsAfter :many
SELECT * FROM audit_checkpoints WHERE size > @size ORDER BY size LIMIT @max_rows;

-- name: Handovers :many
-- The checkpoints before a size by which the key was handed over.
SELECT note FROM audit_checkpoints WHERE hands_over AND size < @size ORDER BY size;

-- name: Hashes :many
SELECT position, hash FROM audit_hashes WHERE position = ANY(@positions::bigint[]);

-- name: EntryNumbered :one
SELECT * FROM audit_entries WHERE number = @number::bigint;

-- name: IsNumbered :one
SELECT (number IS NOT NULL)::boolean FROM audit_entries WHERE entry_id = @entry_id;

-- name: Unnumbered :one
-- How many rows of acts before one time or after another wait for a number, and the
-- first of them. A row that is dated ahead of its act would else never be old.
SELECT count(*)::bigint AS rows, COALESCE(min(entry_id), 0)::bigint AS first
FROM audit_entries WHERE number IS NULL AND (at < @before::timestamptz OR at > @ahead::timestamptz);

-- name: EntriesAfter :many
SELECT * FROM audit_entries WHERE number > @after::bigint ORDER BY number LIMIT @max_rows;

-- name: HashesFrom :many
SELECT position, hash FROM audit_hashes WHERE position >= @position ORDER BY position LIMIT @max_rows;

-- name: TakeTurn :one
-- One sequencer at a time, for the session.
SELECT pg_try_advisory_lock(7232019043)::boolean;

-- name: AwaitTurn :exec
SELECT pg_advisory_lock(7232019043);

-- name: EndTurn :exec
SELECT pg_advisory_unlock(7232019043);

-- name: TriggersAtWork :many
-- Triggers of the schema that fire, as 'table.trigger'.
SELECT (c.relname || '.' || t.tgname)::text AS name
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'traveldoc'::regnamespace AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A');

-- name: MayRewrite :one
-- Whether the role at work, or the login that it can go back to, may change or
-- remove what is in the log, or owns it.
SELECT (has_any_column_privilege('traveldoc.audit_entries', 'UPDATE')
    OR has_table_privilege('traveldoc.audit_entries', 'DELETE, TRUNCATE')
    OR has_any_column_privilege(session_user, 'traveldoc.audit_entries', 'UPDATE')
    OR has_table_privilege(session_user, 'traveldoc.audit_entries', 'DELETE, TRUNCATE')
    OR pg_has_role(session_user, (SELECT relowner FROM pg_catalog.pg_class WHERE oid = 'traveldoc.audit_entries'::regclass), 'MEMBER'))::boolean;
