-- name: ShareKeys :exec
-- Held by whoever wraps a key or enters somebody into the index, so that what
-- ChangeKeys guards waits for them and they see what it changed.
SELECT pg_advisory_xact_lock_shared(7232019044);

-- name: ChangeKeys :exec
SELECT pg_advisory_xact_lock(7232019044);

-- name: AddSharedKey :one
INSERT INTO shared_keys (purpose, keyset, master, made_at) VALUES (@purpose, @keyset, @master, @made_at)
RETURNING key_id;

-- name: SharedKeys :many
-- Newest first.
SELECT key_id, keyset, master FROM shared_keys
WHERE purpose = @purpose AND retired_at IS NULL
ORDER BY key_id DESC;

-- name: SharedKeysUnderOtherMasters :many
SELECT key_id, purpose, keyset, master FROM shared_keys WHERE master <> @master;

-- name: RewrapSharedKey :exec
UPDATE shared_keys SET keyset = @keyset, master = @master WHERE key_id = @key_id AND keyset = @was;

-- name: RetireSharedKeys :exec
UPDATE shared_keys SET retired_at = @at WHERE purpose = @purpose AND key_id < @before AND retired_at IS NULL;

-- name: MastersInUse :many
SELECT master, count(*) AS keys FROM (
    SELECT master FROM person_keys WHERE keyset IS NOT NULL UNION ALL SELECT master FROM shared_keys
) AS used GROUP BY master ORDER BY master;

-- name: EnterIndex :exec
INSERT INTO person_index (key_id, token, person_id) VALUES (@key_id, @token, @person_id);

-- name: FillIndex :exec
INSERT INTO person_index (key_id, token, person_id) VALUES (@key_id, @token, @person_id)
ON CONFLICT (person_id, key_id) DO NOTHING;

-- name: FindInIndex :many
SELECT DISTINCT person_id FROM person_index
WHERE (key_id, token) IN (SELECT unnest(@key_ids::bigint[]), unnest(@tokens::bytea[]));

-- name: PersonsMissingFromIndex :many
-- Persons with a value to be found by who are not yet under the key.
SELECT f.person_id, f.row_id FROM sealed_fields f JOIN person_keys k USING (person_id)
WHERE f.field = @field AND k.keyset IS NOT NULL
    AND NOT EXISTS (SELECT FROM person_index i WHERE i.person_id = f.person_id AND i.key_id = @key_id)
ORDER BY f.person_id LIMIT @max_rows;

-- name: LeaveIndex :exec
DELETE FROM person_index WHERE person_id = @person_id;

-- name: ForgetIndex :exec
DELETE FROM person_index WHERE key_id < @before;

-- name: LockLikeness :exec
-- Whoever enters one likeness waits for whoever enters the same.
SELECT pg_advisory_xact_lock(hashtextextended(encode(@token::bytea, 'hex'), 7232019045));

-- name: EnterLikeness :exec
INSERT INTO person_likeness (key_id, token, person_id) VALUES (@key_id, @token, @person_id)
ON CONFLICT DO NOTHING;

-- name: FindAlike :many
SELECT DISTINCT person_id FROM person_likeness
WHERE (key_id, token) IN (SELECT unnest(@key_ids::bigint[]), unnest(@tokens::bytea[])) AND person_id <> @person_id
ORDER BY person_id;

-- name: PersonsMissingALikeness :many
SELECT f.person_id, f.row_id FROM sealed_fields f JOIN person_keys k USING (person_id)
WHERE f.field = @field AND k.keyset IS NOT NULL
    AND NOT EXISTS (SELECT FROM person_likeness i WHERE i.person_id = f.person_id AND i.key_id = @key_id)
ORDER BY f.person_id LIMIT @max_rows;

-- name: LeaveLikeness :exec
DELETE FROM person_likeness WHERE person_id = @person_id;

-- name: ForgetLikenesses :exec
DELETE FROM person_likeness WHERE key_id < @before;
