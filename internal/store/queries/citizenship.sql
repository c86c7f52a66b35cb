-- name: EnterCitizenship :exec
-- Under the person's fence row, which LockPerson holds.
INSERT INTO citizenship_entries (entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at)
VALUES (@entry_id, @person_id, @citizenship, @hold_id, @source_sha256, @entered_by, @entered_at)
ON CONFLICT (entry_id) DO NOTHING;

-- name: CitizenshipEntries :many
SELECT * FROM citizenship_entries WHERE person_id = @person_id ORDER BY ordinal;

-- name: Citizenship :one
-- The field: what was entered last, or nothing.
SELECT COALESCE((
    SELECT citizenship FROM citizenship_entries WHERE person_id = @person_id ORDER BY ordinal DESC LIMIT 1
), '')::text AS citizenship;

-- name: CitizenshipClaimStands :one
SELECT EXISTS (SELECT FROM holds WHERE person_id = @person_id AND kind = 'citizenship_claim' AND lifted_at IS NULL);
