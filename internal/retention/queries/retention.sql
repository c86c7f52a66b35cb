-- name: Due :many
-- Persons all of whose requests are closed and past the period of their
-- outcome, but for those with a legal hold, in custody, or destroyed already. What
-- stops sending keeps them too, and that counsel found a citizen: of whom nothing is
-- left, the next opening would make a person that nothing protects. A
-- request that never opened counts from the day on which it was asked for. Records
-- that are one human, or were once, are kept while any of them is: what was written
-- while they were one may lie under the key of either.
WITH ends AS (
    SELECT r.person_id, count(*) AS requests, max(coalesce(r.closed_at, r.opened_at) + make_interval(years =>
            coalesce((@years::jsonb ->> r.outcome)::int, @otherwise::int)))::timestamptz AS due_since
    FROM requests r
    WHERE sqlc.narg(person_id)::uuid IS NULL OR r.person_id = ANY (ever_one_human(sqlc.narg(person_id)::uuid))
    GROUP BY r.person_id
    HAVING NOT bool_or(r.live)
)
SELECT e.person_id, e.requests, e.due_since FROM ends e
WHERE e.due_since <= @at::timestamptz AND (sqlc.narg(person_id)::uuid IS NULL OR e.person_id = sqlc.narg(person_id))
    AND NOT EXISTS (SELECT FROM retention_holds h WHERE h.person_id = ANY (ever_one_human(e.person_id)) AND h.released_at IS NULL)
    AND NOT EXISTS (SELECT FROM bound_holds b WHERE b.binds = ANY (ever_one_human(e.person_id)) AND b.lifted_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM unnest(ever_one_human(e.person_id)) AS record (id)
        WHERE (SELECT c.citizenship FROM citizenship_entries c WHERE c.person_id = record.id AND c.citizenship <> 'claimed'
            ORDER BY c.ordinal DESC LIMIT 1) = 'citizen')
    AND NOT EXISTS (SELECT FROM custody_clocks c WHERE c.person_id = ANY (ever_one_human(e.person_id)) AND c.detained)
    AND NOT EXISTS (
        SELECT FROM requests r WHERE r.person_id = ANY (ever_one_human(e.person_id)) AND r.person_id <> e.person_id
            AND NOT EXISTS (SELECT FROM ends o WHERE o.person_id = r.person_id AND o.due_since <= @at::timestamptz))
    AND NOT EXISTS (SELECT FROM destructions d WHERE d.person_id = e.person_id)
ORDER BY e.due_since, e.person_id;

-- name: LockPerson :one
-- No request is opened for the person, and no legal hold placed, before the transaction ends.
SELECT person_id FROM persons WHERE person_id = @person_id FOR NO KEY UPDATE;

-- name: LockHumans :many
-- The same for every record that was ever one human with the person.
SELECT person_id FROM persons WHERE person_id = ANY (ever_one_human(@person_id::uuid)) ORDER BY person_id FOR NO KEY UPDATE;

-- name: AddDestruction :exec
INSERT INTO destructions (person_id, ordered_by, due_since, destroyed_at)
VALUES (@person_id, @ordered_by, @due_since, @destroyed_at);

-- name: UnfinishedDestructions :many
SELECT person_id FROM destructions WHERE files_removed_at IS NULL ORDER BY destroyed_at, person_id;

-- name: FinishDestruction :exec
UPDATE destructions SET files_removed_at = @at WHERE person_id = @person_id AND files_removed_at IS NULL;

-- name: Destroyed :one
SELECT EXISTS (SELECT FROM destructions WHERE person_id = @person_id);

-- name: PlaceLegalHold :execrows
-- One hold stands for a matter, however often it is placed.
INSERT INTO retention_holds (person_id, matter, placed_by, placed_at, placed_with)
VALUES (@person_id, @matter, @placed_by, @placed_at, @placed_with)
ON CONFLICT DO NOTHING;

-- name: LegalHoldPlacedWith :one
SELECT * FROM retention_holds WHERE placed_with = @placed_with;

-- name: StandingLegalHold :one
SELECT * FROM retention_holds WHERE person_id = @person_id AND matter = @matter AND released_at IS NULL;

-- name: LiftLegalHold :execrows
UPDATE retention_holds AS standing
SET released_by = @released_by, released_at = @released_at, released_with = @released_with
WHERE standing.person_id = @person_id AND standing.matter = @matter AND standing.released_at IS NULL
    AND NOT EXISTS (SELECT FROM retention_holds AS lifted WHERE lifted.released_with = @released_with);

-- name: LegalHoldLiftedWith :one
SELECT * FROM retention_holds WHERE released_with = @released_with;

-- name: LegalHoldsOf :many
SELECT * FROM retention_holds WHERE person_id = @person_id ORDER BY placed_at, retention_hold_id;
