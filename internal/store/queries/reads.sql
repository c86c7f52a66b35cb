-- name: Requests :many
SELECT r.*, holds.version AS hold_version, holds.standing AS on_hold, EXISTS (
        SELECT FROM person_flags f WHERE f.person_id = ANY (same_human(r.person_id)) AND f.ended_at IS NULL
    ) AS special_routing,
    COALESCE((
        SELECT min((v.data ->> 'due')::timestamptz) FROM events v WHERE v.request_id = r.request_id AND v.type = 'stage_overdue'
            AND v.data ->> 'stage' = r.stage AND v.occurred_at >= r.stage_since
    ), '0001-01-01T00:00:00Z')::timestamptz AS term_passed_at,
    COALESCE((
        SELECT min(e.asked_at) FROM escalations e WHERE e.request_id = r.request_id AND e.status <> 'closed'
    ), '0001-01-01T00:00:00Z')::timestamptz AS asked_since
FROM requests r
CROSS JOIN LATERAL (
    SELECT (1 + count(*))::bigint AS version, COALESCE(bool_or(h.lifted_at IS NULL), false)::boolean AS standing
    FROM bound_holds h WHERE h.binds = r.person_id
        AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
) holds
WHERE (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
        OR r.post = ANY (@posts::text[]) OR (r.officer = @sight_officer::text AND @sight_officer <> ''))
    AND (@stage::text = '' OR r.stage = @stage)
    AND (@owner::text = '' OR r.owner = @owner)
    AND (@country::text = '' OR r.country = @country)
    AND (@post::text = '' OR r.post = @post)
    AND (@field_office::text = '' OR r.field_office = @field_office)
    AND (@officer::text = '' OR r.officer = @officer)
    AND (sqlc.narg(on_hold)::boolean IS NULL OR sqlc.narg(on_hold) = holds.standing)
    AND (sqlc.narg(overdue)::boolean IS NULL OR sqlc.narg(overdue) = overdue(r.request_id, r.stage, r.stage_since, r.live, @now::timestamptz))
    AND (sqlc.narg(due_before)::timestamptz IS NULL OR (r.live AND r.next_due_at < sqlc.narg(due_before)))
    AND (sqlc.narg(person_id)::uuid IS NULL OR r.person_id = sqlc.narg(person_id))
    AND (sqlc.narg(after_at)::timestamptz IS NULL OR (r.opened_at, r.request_id) < (sqlc.narg(after_at), sqlc.narg(after_id)::uuid))
ORDER BY r.opened_at DESC, r.request_id DESC
LIMIT @max_rows;

-- name: Request :one
SELECT r.*, holds.version AS hold_version, holds.standing AS on_hold, EXISTS (
        SELECT FROM person_flags f WHERE f.person_id = ANY (same_human(r.person_id)) AND f.ended_at IS NULL
    ) AS special_routing,
    COALESCE((
        SELECT min((v.data ->> 'due')::timestamptz) FROM events v WHERE v.request_id = r.request_id AND v.type = 'stage_overdue'
            AND v.data ->> 'stage' = r.stage AND v.occurred_at >= r.stage_since
    ), '0001-01-01T00:00:00Z')::timestamptz AS term_passed_at,
    COALESCE((
        SELECT min(e.asked_at) FROM escalations e WHERE e.request_id = r.request_id AND e.status <> 'closed'
    ), '0001-01-01T00:00:00Z')::timestamptz AS asked_since
FROM requests r
CROSS JOIN LATERAL (
    SELECT (1 + count(*))::bigint AS version, COALESCE(bool_or(h.lifted_at IS NULL), false)::boolean AS standing
    FROM bound_holds h WHERE h.binds = r.person_id
        AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
) holds
WHERE (sqlc.narg(request_id)::uuid IS NULL OR r.request_id = sqlc.narg(request_id))
    AND (sqlc.narg(code)::text IS NULL OR r.code = sqlc.narg(code));

-- name: RequestsOf :many
-- Those of every record of the human.
SELECT r.*, holds.version AS hold_version, holds.standing AS on_hold, EXISTS (
        SELECT FROM person_flags f WHERE f.person_id = ANY (same_human(r.person_id)) AND f.ended_at IS NULL
    ) AS special_routing,
    COALESCE((
        SELECT min((v.data ->> 'due')::timestamptz) FROM events v WHERE v.request_id = r.request_id AND v.type = 'stage_overdue'
            AND v.data ->> 'stage' = r.stage AND v.occurred_at >= r.stage_since
    ), '0001-01-01T00:00:00Z')::timestamptz AS term_passed_at,
    COALESCE((
        SELECT min(e.asked_at) FROM escalations e WHERE e.request_id = r.request_id AND e.status <> 'closed'
    ), '0001-01-01T00:00:00Z')::timestamptz AS asked_since
FROM requests r
CROSS JOIN LATERAL (
    SELECT (1 + count(*))::bigint AS version, COALESCE(bool_or(h.lifted_at IS NULL), false)::boolean AS standing
    FROM bound_holds h WHERE h.binds = r.person_id
        AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
) holds
WHERE r.person_id = ANY (same_human(@person_id::uuid))
ORDER BY r.opened_at DESC, r.request_id DESC;

-- name: Events :many
SELECT * FROM events
WHERE request_id = @request_id AND seq > @after AND (cardinality(@types::text[]) = 0 OR type = ANY (@types))
ORDER BY seq
LIMIT sqlc.narg(max_rows)::bigint;

-- name: Escalations :many
SELECT e.*, ARRAY(
        SELECT DISTINCT n.recipient FROM notices n
        WHERE n.request_id = e.request_id AND n.escalation = e.local_id AND n.recipient <> '' ORDER BY n.recipient
    )::text[] AS told
FROM escalations e
WHERE (sqlc.narg(request_id)::uuid IS NULL OR e.request_id = sqlc.narg(request_id))
    AND (sqlc.narg(escalation_id)::uuid IS NULL OR e.escalation_id = sqlc.narg(escalation_id))
ORDER BY e.asked_at, e.level, e.escalation_id;

-- name: Recalls :many
SELECT c.recall_id, c.dispatch_id, c.request_id, r.code, c.opened_at, c.closed_at
FROM recalls c JOIN requests r USING (request_id)
WHERE c.request_id = @request_id ORDER BY c.opened_at, c.recall_id;

-- name: Deadlines :many
-- Suspended ones have no date and come last. A date of no request is one of a
-- person's custody, which fewer may read. What the law asks for in detention stays
-- once it is told, until it is done. A request's date by the law on custody is told
-- without its reason to who may not read custody, and not at all while it is stayed.
SELECT d.*, COALESCE(r.code, '')::text AS code, k.custody::boolean AS custody
FROM deadlines d
LEFT JOIN requests r ON r.request_id = d.request_id
CROSS JOIN LATERAL (SELECT COALESCE(d.request_id IS NULL OR NOT d.legal OR @custody_everything::boolean OR r.field_office = ANY (@custody_offices::text[])
    OR r.country = ANY (@custody_countries::text[]) OR r.post = ANY (@custody_posts::text[])
    OR (r.officer = @custody_officer::text AND @custody_officer <> ''), false) AS custody) k
WHERE (k.custody OR NOT d.suspended) AND (d.met_at IS NULL OR d.kind = 'milestone')
    AND (CASE WHEN d.request_id IS NOT NULL THEN @everything::boolean OR EXISTS (
        SELECT FROM requests s WHERE s.request_id = d.request_id
            AND (s.field_office = ANY (@offices::text[]) OR s.country = ANY (@countries::text[]) OR s.post = ANY (@posts::text[])
                OR (s.officer = @officer::text AND @officer <> '')))
        ELSE @custody_everything::boolean OR EXISTS (
        SELECT FROM requests s WHERE s.person_id = d.person_id
            AND (s.field_office = ANY (@custody_offices::text[]) OR s.country = ANY (@custody_countries::text[]) OR s.post = ANY (@custody_posts::text[])
                OR (s.officer = @custody_officer::text AND @custody_officer <> '')))
        END)
    AND (sqlc.narg(request_id)::uuid IS NULL OR d.request_id = sqlc.narg(request_id))
    AND (sqlc.narg(person_id)::uuid IS NULL OR d.person_id = ANY (same_human(sqlc.narg(person_id)::uuid)))
    AND (@kind::text = '' OR d.kind = @kind)
    AND (@country::text = '' OR EXISTS (
        SELECT FROM requests s WHERE (s.request_id = d.request_id OR (d.request_id IS NULL AND s.person_id = d.person_id)) AND s.country = @country))
    AND (@office::text = '' OR EXISTS (
        SELECT FROM requests s WHERE (s.request_id = d.request_id OR (d.request_id IS NULL AND s.person_id = d.person_id)) AND s.field_office = @office))
    AND (sqlc.narg(legal)::boolean IS NULL OR d.legal = sqlc.narg(legal))
    AND (sqlc.narg(overdue)::boolean IS NULL OR sqlc.narg(overdue) = COALESCE(d.due_at < @now::timestamptz, false))
    AND (sqlc.narg(due_before)::timestamptz IS NULL OR d.due_at < sqlc.narg(due_before))
    AND (NOT @behind::boolean OR (COALESCE(d.due_at, 'infinity'), d.subject, d.name)
        > (COALESCE(sqlc.narg(after_due)::timestamptz, 'infinity'), @after_subject::text, @after_name::text))
ORDER BY COALESCE(d.due_at, 'infinity'), d.subject, d.name
LIMIT @max_rows;

-- name: MailLink :many
-- What a repeat carries is still what the first mail asked for.
SELECT COALESCE(r.code, '')::text AS code, COALESCE(e.escalation_id::text, '')::text AS escalation_id, COALESCE(n.level, -1)::integer AS level
FROM messages m
LEFT JOIN messages again ON again.repeat_of = m.message_id
LEFT JOIN notices n ON n.message_id IN (m.message_id, again.message_id)
LEFT JOIN requests r ON r.request_id = n.request_id
LEFT JOIN escalations e ON e.request_id = n.request_id AND e.local_id = n.escalation AND n.escalation <> '' AND e.status <> 'closed'
WHERE m.token = @token
ORDER BY n.filed_at, n.key;
