-- name: LegalEvents :many
SELECT * FROM legal_events WHERE person_id = @person_id ORDER BY ordinal;

-- name: LegalEvent :one
SELECT * FROM legal_events WHERE legal_event_id = @legal_event_id;

-- name: AddLegalEvent :one
INSERT INTO legal_events (legal_event_id, person_id, kind, dated, office, source_type, source_sha256, corrects, hold_id, decision,
    signed_by, signed_on, signed_document, recorded_at, recorded_by)
VALUES (@legal_event_id, @person_id, @kind, @dated, @office, @source_type, @source_sha256, sqlc.narg(corrects), sqlc.narg(hold_id),
    @decision, @signed_by, sqlc.narg(signed_on), sqlc.narg(signed_document), @recorded_at, @recorded_by)
RETURNING *;

-- name: PutCustodyClock :exec
INSERT INTO custody_clocks (person_id, office, rules, detained, clock, derived_at)
VALUES (@person_id, @office, @rules, @detained, @clock, @derived_at)
ON CONFLICT (person_id) DO UPDATE SET office = excluded.office, rules = excluded.rules, detained = excluded.detained,
    clock = excluded.clock, derived_at = excluded.derived_at;

-- name: CustodyClock :one
SELECT * FROM custody_clocks WHERE person_id = @person_id;

-- name: SignalCustodyClock :exec
INSERT INTO outbox (workflow_id, signal, start, payload, created_at)
VALUES ('custody/' || @person_id::uuid, 'LegalEventsChanged', @start, to_jsonb(@person_id::text), @at::timestamptz);

-- name: SignalCustodyToRequests :exec
INSERT INTO outbox (workflow_id, signal, payload, created_at)
SELECT 'request/' || r.request_id, 'CustodyChanged', @payload::jsonb, @at::timestamptz
FROM requests r WHERE r.person_id = @person_id AND r.live
    AND (sqlc.narg(request_id)::uuid IS NULL OR r.request_id = sqlc.narg(request_id))
ORDER BY r.request_id;

-- name: CaseOfPerson :one
-- Whose officer and post answer for a person: those of the newest live request, else of the newest.
SELECT request_id, code, country, post, field_office, officer FROM requests
WHERE person_id = ANY (same_human(@person_id::uuid)) ORDER BY live DESC, opened_at DESC, request_id LIMIT 1;

-- name: OrderedOnRequest :one
-- Whether a request of the human rests on an order of these types.
SELECT EXISTS (SELECT FROM orders WHERE person_id = ANY (same_human(@person_id::uuid)) AND type = ANY (@types::text[]));

-- name: MarkMilestones :exec
UPDATE deadlines SET met_at = @met_at WHERE subject = @subject AND name = ANY (@names::text[]) AND met_at IS NULL;

-- name: NonComplianceAttempts :one
-- On how many days somebody tried in vain under the order in force since the person
-- last complied, up to a day, and how many days lie between the first of them and the
-- last. Who complied before any notice did so on a request: the law's history has
-- compliance only after a notice.
SELECT count(DISTINCT (e.occurred_at AT TIME ZONE @zone::text)::date) AS days,
    COALESCE(max((e.occurred_at AT TIME ZONE @zone::text)::date) - min((e.occurred_at AT TIME ZONE @zone::text)::date), 0)::bigint AS apart
FROM events e JOIN requests r USING (request_id)
WHERE r.person_id = ANY (same_human(@person_id::uuid)) AND e.type = 'noncompliance_recorded' AND e.data ->> 'step' = 'attempt'
    AND e.occurred_at < @until::timestamptz
    AND e.occurred_at > COALESCE((
        SELECT max(c.occurred_at) FROM events c JOIN requests s USING (request_id)
        WHERE s.person_id = ANY (same_human(@person_id::uuid)) AND c.type = 'noncompliance_recorded' AND c.data ->> 'step' = 'complied'),
        '-infinity'::timestamptz)
    AND (e.occurred_at AT TIME ZONE @zone::text)::date >= COALESCE((
        SELECT max(l.dated) FROM legal_events l
        WHERE l.person_id = ANY (same_human(@person_id::uuid)) AND l.kind IN ('complied', 'order_final', 'order_vacated')
            AND NOT EXISTS (SELECT FROM legal_events c WHERE c.corrects = l.legal_event_id)), '-infinity'::date);
