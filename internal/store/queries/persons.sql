-- name: RaiseFlag :exec
INSERT INTO person_flags (flag_id, person_id, kind, source_sha256, dated, raised_by, raised_at)
VALUES (@flag_id, @person_id, @kind, @source_sha256, @dated, @raised_by, @raised_at)
ON CONFLICT (flag_id) DO NOTHING;

-- name: EndFlag :one
UPDATE person_flags SET ended_by = @ended_by, ended_at = @ended_at, end_source_sha256 = @end_source_sha256,
    end_reason = @end_reason, ended_command = @ended_command
WHERE flag_id = @flag_id AND ended_at IS NULL
RETURNING *;

-- name: Flag :one
SELECT * FROM person_flags WHERE flag_id = @flag_id;

-- name: FlagsOfPerson :many
SELECT * FROM person_flags WHERE person_id = @person_id ORDER BY raised_at, flag_id;

-- name: RoutedSpecially :one
SELECT EXISTS (SELECT FROM person_flags WHERE person_id = ANY (same_human(@person_id::uuid)) AND ended_at IS NULL);

-- name: AddConsularNotification :exec
INSERT INTO consular_notifications (notification_id, person_id, country, detained_since, kind, means, notified_at,
    source_sha256, recorded_by, recorded_at)
VALUES (@notification_id, @person_id, @country, @detained_since, @kind, @means, sqlc.narg(notified_at), @source_sha256,
    @recorded_by, @recorded_at)
ON CONFLICT (notification_id) DO NOTHING;

-- name: ConsularNotification :one
SELECT * FROM consular_notifications WHERE notification_id = @notification_id;

-- name: ConsularNotifications :many
SELECT * FROM consular_notifications WHERE person_id = @person_id ORDER BY recorded_at, notification_id;

-- name: AddNationality :execrows
INSERT INTO claimed_nationalities (claim_id, person_id, country, claimed_by, dated, source_sha256, recorded_by, recorded_at)
VALUES (@claim_id, @person_id, @country, @claimed_by, @dated, @source_sha256, @recorded_by, @recorded_at)
ON CONFLICT (claim_id) DO NOTHING;

-- name: Nationality :one
SELECT * FROM claimed_nationalities WHERE claim_id = @claim_id;

-- name: Nationalities :many
SELECT * FROM claimed_nationalities WHERE person_id = @person_id ORDER BY recorded_at, claim_id;

-- name: KnownNationalities :many
-- What nationalities are on record of a human, by claim or by order, under whichever record.
SELECT n.country FROM claimed_nationalities n WHERE n.person_id = ANY (same_human(@person_id::uuid))
UNION SELECT o.country FROM orders o WHERE o.person_id = ANY (same_human(@person_id::uuid))
ORDER BY 1;

-- name: LiveRequestsOfHuman :many
SELECT request_id, person_id, country, field_office FROM requests
WHERE person_id = ANY (same_human(@person_id::uuid)) AND live ORDER BY opened_at, request_id;
