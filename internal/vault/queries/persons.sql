-- name: AddPersonKey :execrows
INSERT INTO person_keys (person_id, keyset, files, master, made_at)
VALUES (@person_id, @keyset, @files, @master, @made_at)
ON CONFLICT DO NOTHING;

-- name: HoldPersonKey :one
-- Nobody replaces or destroys the key before the transaction ends.
SELECT * FROM person_keys WHERE person_id = @person_id FOR SHARE;

-- name: LockPersonKey :one
SELECT * FROM person_keys WHERE person_id = @person_id FOR UPDATE;

-- name: PersonKey :one
SELECT * FROM person_keys WHERE person_id = @person_id;

-- name: ReplacePersonKey :exec
UPDATE person_keys SET keyset = @keyset, files = @files, master = @master, made_at = @made_at
WHERE person_id = @person_id;

-- name: RewrapPersonKey :execrows
-- Only what was read is replaced: another process may have been faster.
UPDATE person_keys SET keyset = @keyset, master = @master
WHERE person_id = @person_id AND keyset = @was;

-- name: PersonKeysUnderOtherMasters :many
SELECT person_id, keyset, master FROM person_keys
WHERE keyset IS NOT NULL AND master <> @master AND person_id > @after
ORDER BY person_id LIMIT @max_rows;

-- name: DestroyPersonKey :exec
INSERT INTO person_keys (person_id, master, made_at, destroyed_at) VALUES (@person_id, '', @at, @at)
ON CONFLICT (person_id) DO UPDATE SET keyset = NULL, files = NULL, destroyed_at = @at
WHERE person_keys.destroyed_at IS NULL;

-- name: PersonKeysMadeBefore :many
SELECT person_id FROM person_keys
WHERE keyset IS NOT NULL AND made_at < @made_before
ORDER BY made_at, person_id LIMIT @max_rows;

-- name: UnfinishedDataRotation :one
SELECT made_before FROM data_rotations WHERE finished_at IS NULL ORDER BY made_before DESC LIMIT 1;

-- name: BeginDataRotation :exec
INSERT INTO data_rotations (made_before) VALUES (@made_before) ON CONFLICT DO NOTHING;

-- name: FinishDataRotations :exec
UPDATE data_rotations SET finished_at = @at WHERE finished_at IS NULL AND made_before <= @made_before;

-- name: AddSealedField :exec
INSERT INTO sealed_fields (row_id, field, person_id, sealed) VALUES (@row_id, @field, @person_id, @sealed);

-- name: SealedRow :many
SELECT f.field, f.person_id, f.sealed, k.keyset, k.master
FROM sealed_fields f JOIN person_keys k USING (person_id)
WHERE f.row_id = @row_id;

-- name: SealedFieldsOf :many
SELECT row_id, field, sealed FROM sealed_fields WHERE person_id = @person_id;

-- name: ResealField :exec
UPDATE sealed_fields SET sealed = @sealed WHERE row_id = @row_id AND field = @field;
