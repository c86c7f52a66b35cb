-- name: Hold :one
SELECT * FROM holds WHERE hold_id = @hold_id;

-- name: HoldOfStay :one
SELECT * FROM holds WHERE stay = @stay::uuid AND lifted_at IS NULL ORDER BY placed_at, hold_id LIMIT 1;

-- name: RaiseFence :one
-- The records of one human count on together, so that a version of one tells of the other's holds too.
WITH raised AS (
    UPDATE persons SET fence = (SELECT max(o.fence) + 1 FROM persons o WHERE o.person_id = ANY (same_human(@person_id::uuid)))
    WHERE persons.person_id = ANY (same_human(@person_id::uuid))
    RETURNING persons.fence
)
SELECT max(fence)::bigint AS fence FROM raised;

-- name: AddHold :exec
INSERT INTO holds (hold_id, person_id, scope, country, request_id, kind, authority, source_sha256, dated, review_by,
    expires_on, expires_zone, expires_at, expiry_source_sha256, placed_by, placed_at, fence, stay, alike)
VALUES (@hold_id, @person_id, @scope, sqlc.narg(country), sqlc.narg(request_id), @kind, @authority, @source_sha256,
    @dated, sqlc.narg(review_by), sqlc.narg(expires_on), sqlc.narg(expires_zone), sqlc.narg(expires_at), sqlc.narg(expiry_source_sha256),
    @placed_by, @placed_at, @fence, sqlc.narg(stay), @alike);

-- name: RecallWhatMayHaveLeft :exec
-- Of a question nothing lies with the post that could be sent back: one whose mail is
-- not settled is stopped by its recall, which is settled at once; one that was told is told.
INSERT INTO recalls (recall_id, dispatch_id, request_id, hold_id, opened_at, closed_at)
SELECT d.dispatch_id, d.dispatch_id, d.request_id, h.hold_id, h.placed_at, CASE WHEN d.kind = 'record_contact' THEN h.placed_at END
FROM bound_holds h
JOIN dispatches d ON d.person_id = h.binds AND d.status IN ('sending', 'sent')
JOIN requests r ON r.request_id = d.request_id AND (r.live OR d.status = 'sending')
WHERE h.hold_id = @hold_id
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
    AND (d.kind <> 'record_contact' OR NOT EXISTS (SELECT FROM notices n WHERE n.filed_under = 'question/' || d.dispatch_id AND n.status = 'sent'))
ON CONFLICT (dispatch_id) DO NOTHING;

-- name: MayHaveLeft :many
-- What was out, or on its way, when the hold was placed, whatever opened its recall first.
SELECT c.recall_id, c.dispatch_id, c.request_id, r.code, c.opened_at, c.closed_at
FROM bound_holds h
JOIN dispatches d ON d.person_id = h.binds
JOIN recalls c ON c.dispatch_id = d.dispatch_id
JOIN requests r ON r.request_id = d.request_id
WHERE h.hold_id = @hold_id
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
    AND (c.hold_id = h.hold_id OR c.closed_at IS NULL)
ORDER BY c.recall_id;

-- name: SignalHold :exec
-- The payload says that a hold stops sending, since when and under which version of the fence, and nothing else.
INSERT INTO outbox (workflow_id, signal, payload, created_at)
SELECT 'request/' || r.request_id, 'HoldChanged',
    jsonb_build_object('hold', h.hold_id, 'stops', h.lifted_at IS NULL, 'at', @at::timestamptz, 'fence', h.bound_at_fence), @at::timestamptz
FROM bound_holds h
JOIN requests r ON r.person_id = h.binds AND r.live
WHERE h.hold_id = @hold_id
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
ORDER BY r.request_id;

-- name: SignalStandingHolds :exec
-- A new request hears of the holds that stood before it.
INSERT INTO outbox (workflow_id, signal, payload, created_at)
SELECT 'request/' || r.request_id, 'HoldChanged', jsonb_build_object('hold', h.hold_id, 'stops', true, 'at', @at::timestamptz, 'fence', h.bound_at_fence), @at::timestamptz
FROM requests r
JOIN bound_holds h ON h.binds = r.person_id AND h.lifted_at IS NULL
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country))
WHERE r.request_id = @request_id
ORDER BY h.placed_at, h.hold_id;

-- name: LiftHold :one
UPDATE holds SET lifted_by = @lifted_by, lifted_at = @lifted_at, lift_source_sha256 = @lift_source_sha256,
    lift_reason = @lift_reason, lifted_command = @lifted_command
WHERE hold_id = @hold_id AND lifted_at IS NULL
RETURNING *;

-- name: ExpiredHoldsOfStays :many
SELECT * FROM holds
WHERE hold_id IN (SELECT b.hold_id FROM bound_holds b WHERE b.binds = @person_id) AND lifted_at IS NULL
    AND expires_at <= sqlc.arg(now)::timestamptz AND stay IS NOT NULL;

-- name: EndExpiredHolds :many
-- The day is over where the authority sits; its document is the one that set the day.
UPDATE holds SET lifted_by = 'system', lifted_at = sqlc.arg(now)::timestamptz, lift_source_sha256 = expiry_source_sha256, lift_reason = 'expired'
WHERE hold_id IN (SELECT b.hold_id FROM bound_holds b WHERE b.binds = @person_id) AND lifted_at IS NULL
    AND expires_at <= sqlc.arg(now)::timestamptz AND hold_id <> ALL (CAST(@kept::text[] AS uuid[]))
RETURNING *;

-- name: PersonsOfExpiredHolds :many
-- Holds that keep a stay may go on all the same: they leave their turn to the rest.
SELECT person_id FROM holds
WHERE lifted_at IS NULL AND expires_at <= sqlc.arg(now)::timestamptz
GROUP BY person_id ORDER BY bool_and(stay IS NOT NULL), person_id LIMIT @max_rows;

-- name: AmendHold :one
UPDATE holds SET review_by = sqlc.narg(review_by), expires_on = sqlc.narg(expires_on), expires_zone = sqlc.narg(expires_zone),
    expires_at = sqlc.narg(expires_at), expiry_source_sha256 = sqlc.narg(expiry_source_sha256)
WHERE hold_id = @hold_id AND lifted_at IS NULL
RETURNING *;

-- name: AddHoldAmendment :execrows
INSERT INTO hold_amendments (amendment_id, hold_id, review_by, expires_on, expires_zone, authority, source_sha256, amended_by, amended_at)
VALUES (@amendment_id, @hold_id, sqlc.narg(review_by), sqlc.narg(expires_on), sqlc.narg(expires_zone), sqlc.narg(authority),
    sqlc.narg(source_sha256), @amended_by, @amended_at)
ON CONFLICT (amendment_id) DO NOTHING;

-- name: StoppedBy :many
-- The open requests in a hold's scope, whether another hold stands in theirs, and
-- what left of them and was asked back: what came back, and what is awaited.
SELECT r.request_id, r.code, r.stage, EXISTS (
    SELECT FROM bound_holds o WHERE o.binds = r.person_id AND o.hold_id <> h.hold_id AND o.lifted_at IS NULL
        AND (o.scope = 'person' OR (o.scope = 'country' AND o.country = r.country) OR (o.scope = 'request' AND o.request_id = r.request_id))
) AS still_held,
ARRAY(
    SELECT c.dispatch_id::text FROM recalls c WHERE c.request_id = r.request_id AND c.hold_id = h.hold_id AND c.confirmed_as IS NOT NULL
    ORDER BY c.dispatch_id
)::text[] AS came_back,
ARRAY(
    SELECT c.dispatch_id::text FROM recalls c WHERE c.request_id = r.request_id AND c.closed_at IS NULL ORDER BY c.dispatch_id
)::text[] AS awaited
FROM bound_holds h
JOIN requests r ON r.person_id = h.binds AND r.live
WHERE h.hold_id = @hold_id
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
ORDER BY r.request_id;

-- name: CasesOfHold :many
-- The requests about which counsel is told: one that is named, else of everybody
-- whom a hold binds the live ones, or the newest.
SELECT request_id, code, country, post, field_office, officer, person_id FROM requests r
WHERE CASE WHEN sqlc.narg(request_id)::uuid IS NOT NULL THEN r.request_id = sqlc.narg(request_id)
    ELSE r.person_id IN (SELECT b.binds FROM bound_holds b WHERE b.hold_id = sqlc.narg(hold_id)::uuid) AND (r.live OR r.request_id = (
        SELECT n.request_id FROM requests n WHERE n.person_id = r.person_id ORDER BY n.live DESC, n.opened_at DESC, n.request_id LIMIT 1)) END
ORDER BY request_id;

-- name: HoldsToReview :many
-- Standing holds whose day of review has passed and of which nobody was told this
-- week, because those that were would keep the rest from their turn. The day passes
-- at the field office of the hold's request, or of the person's newest.
WITH days AS (
    SELECT unnest(sqlc.arg(offices)::text[]) AS office, unnest(sqlc.arg(dates)::date[]) AS today
), standing AS (
    SELECT h.hold_id, h.person_id, h.review_by, COALESCE((
        SELECT d.today FROM requests r JOIN days d ON d.office = r.field_office
        WHERE r.person_id = h.person_id AND (h.request_id IS NULL OR r.request_id = h.request_id)
        ORDER BY r.live DESC, r.opened_at DESC LIMIT 1), sqlc.arg(today)::date) AS today
    FROM holds h WHERE h.lifted_at IS NULL AND h.review_by < sqlc.arg(today)::date + 1 -- no zone is further ahead
), overdue AS (
    SELECT s.hold_id, s.person_id, s.review_by, ((s.today - s.review_by) / 7)::integer AS weeks FROM standing s
    WHERE s.review_by < s.today
)
SELECT o.hold_id, o.person_id, o.review_by, o.weeks FROM overdue o
WHERE NOT EXISTS (
    SELECT FROM requests r
    JOIN notices n ON n.filed_under = 'hold/' || o.hold_id || '/review/' || o.review_by || '/' || o.weeks || '/' || r.request_id
    WHERE r.person_id IN (SELECT b.binds FROM bound_holds b WHERE b.hold_id = o.hold_id))
ORDER BY o.review_by, o.hold_id LIMIT sqlc.arg(max_rows);

-- name: ClaimsNotTakenUp :many
-- Claims to citizenship placed a day or more ago of which counsel has entered nothing, and of which nobody was told today.
WITH waiting AS (
    SELECT h.hold_id, floor(extract(epoch FROM sqlc.arg(now)::timestamptz - h.placed_at) / 86400)::integer AS days FROM holds h
    WHERE h.kind = 'citizenship_claim' AND h.lifted_at IS NULL
        AND NOT EXISTS (SELECT FROM hold_amendments a WHERE a.hold_id = h.hold_id)
        AND NOT EXISTS (SELECT FROM citizenship_entries e WHERE e.hold_id = h.hold_id AND e.citizenship <> 'claimed')
)
SELECT w.hold_id, w.days FROM waiting w
WHERE w.days > 0 AND NOT EXISTS (
    SELECT FROM requests r
    JOIN notices n ON n.filed_under = 'hold/' || w.hold_id || '/again/' || w.days || '/' || r.request_id
    WHERE r.person_id IN (SELECT b.binds FROM bound_holds b WHERE b.hold_id = w.hold_id))
ORDER BY w.days DESC, w.hold_id LIMIT sqlc.arg(max_rows);

-- name: BoundBy :many
-- Whom the holds bind, the person on whom each was placed first.
SELECT b.hold_id, b.binds FROM bound_holds b JOIN holds h USING (hold_id)
WHERE b.hold_id = ANY (CAST(@hold_ids::text[] AS uuid[]))
ORDER BY b.binds <> h.person_id, b.binds;

-- name: Holds :many
SELECT h.* FROM holds h
WHERE (sqlc.narg(person_id)::uuid IS NULL OR EXISTS (
        SELECT FROM bound_holds b WHERE b.hold_id = h.hold_id AND b.binds = sqlc.narg(person_id)))
    AND (sqlc.narg(request_id)::uuid IS NULL OR EXISTS (
        SELECT FROM requests r WHERE r.request_id = sqlc.narg(request_id)
            AND r.person_id IN (SELECT b.binds FROM bound_holds b WHERE b.hold_id = h.hold_id)
            AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
            AND (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
                OR r.post = ANY (@posts::text[]) OR (r.officer = @officer::text AND @officer <> ''))))
    AND (@country::text = '' OR h.country = @country OR EXISTS (
        SELECT FROM bound_holds b JOIN requests r ON r.person_id = b.binds WHERE b.hold_id = h.hold_id AND r.country = @country
            AND (h.scope = 'person' OR (h.scope = 'request' AND h.request_id = r.request_id))))
    AND (NOT @standing::boolean OR h.lifted_at IS NULL)
    -- Who sees another request of the person learns nothing of what is not in its
    -- scope. One of a country that was not asked yet is for who needs to know.
    AND EXISTS (
        SELECT FROM bound_holds b JOIN requests r ON r.person_id = b.binds
        WHERE b.hold_id = h.hold_id AND (
            (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
                OR r.post = ANY (@posts::text[]) OR (r.officer = @officer::text AND @officer <> ''))
            AND (h.scope = 'person' OR (h.scope = 'request' AND h.request_id = r.request_id) OR (h.scope = 'country' AND h.country = r.country)
                OR h.placed_by = @placed_by::text)
            OR (@knows_everything::boolean OR r.field_office = ANY (@knows_offices::text[]) OR r.country = ANY (@knows_countries::text[])
                OR r.post = ANY (@knows_posts::text[]))
            AND h.scope = 'country' AND NOT EXISTS (
                SELECT FROM bound_holds c JOIN requests o ON o.person_id = c.binds WHERE c.hold_id = h.hold_id AND o.country = h.country)))
    AND (sqlc.narg(after_at)::timestamptz IS NULL OR (h.placed_at, h.hold_id) < (sqlc.narg(after_at), sqlc.narg(after_id)::uuid))
ORDER BY h.placed_at DESC, h.hold_id DESC
LIMIT @max_rows;
