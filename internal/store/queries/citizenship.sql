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

-- name: FoundCitizen :one
-- Whether a record of the human says so, whichever.
SELECT EXISTS (
    SELECT FROM unnest(same_human(@person_id::uuid)) AS record (id)
    WHERE (SELECT citizenship FROM citizenship_entries e WHERE e.person_id = record.id ORDER BY e.ordinal DESC LIMIT 1) = 'citizen'
);

-- name: CitizenshipClaimStands :one
SELECT EXISTS (SELECT FROM holds WHERE person_id = @person_id AND kind = 'citizenship_claim' AND lifted_at IS NULL);
