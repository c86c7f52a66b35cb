-- name: LockHumans :many
-- The fences of every record that is one human with one of the persons, in the
-- order in which everybody takes them.
SELECT p.person_id FROM persons p
WHERE p.person_id IN (SELECT unnest(same_human(x.id)) FROM unnest(CAST(@person_ids::text[] AS uuid[])) x(id))
ORDER BY p.person_id FOR NO KEY UPDATE OF p;

-- name: Humans :many
SELECT p.person_id FROM persons p
WHERE p.person_id IN (SELECT unnest(same_human(x.id)) FROM unnest(CAST(@person_ids::text[] AS uuid[])) x(id));

-- name: LockBound :many
-- Everybody whom a hold binds, in the same order.
SELECT p.person_id FROM persons p
WHERE p.person_id IN (SELECT b.binds FROM bound_holds b WHERE b.hold_id = @hold_id) ORDER BY p.person_id FOR NO KEY UPDATE;

-- name: Mergeable :one
-- How many of the two are on record, whether one of them is one with another
-- already or destroyed, and a country for which both have a live request.
SELECT (SELECT count(*) FROM persons p WHERE p.person_id IN (@survivor::uuid, @merged::uuid))::bigint AS persons,
    EXISTS (SELECT FROM person_merges m WHERE m.undone_at IS NULL
        AND (m.merged IN (@survivor::uuid, @merged::uuid) OR m.survivor = @merged::uuid)) AS taken,
    EXISTS (SELECT FROM destructions d WHERE d.person_id = ANY (same_human(@survivor::uuid) || @merged::uuid)) AS destroyed,
    COALESCE((SELECT min(a.country) FROM requests a JOIN requests b ON b.country = a.country AND b.live
        WHERE a.live AND a.person_id = ANY (same_human(@survivor::uuid)) AND b.person_id = @merged::uuid), '')::text AS both_live;

-- name: AddMerge :exec
INSERT INTO person_merges (merge_id, survivor, merged, reason, source_sha256, merged_by, merged_at)
VALUES (@merge_id, @survivor, @merged, @reason, @source_sha256, @merged_by, @merged_at);

-- name: UndoMerge :exec
UPDATE person_merges SET undone_with = @undone_with, undone_by = @undone_by, undone_at = @undone_at,
    undone_reason = @undone_reason, undone_source_sha256 = @undone_source_sha256
WHERE merge_id = @merge_id AND undone_at IS NULL;

-- name: Merge :one
SELECT * FROM person_merges WHERE merge_id = @merge_id;

-- name: MergesOf :many
SELECT * FROM person_merges WHERE survivor = @person_id OR merged = @person_id ORDER BY merged_at, merge_id;

-- name: BindStandingHolds :many
-- Every hold that stands binds every record of the human from here on, under the
-- fence version that is to be raised for it. It answers with the holds and whom
-- they bind anew.
INSERT INTO hold_bindings (hold_id, person_id, fence)
SELECT h.hold_id, p.person_id, (SELECT max(o.fence) + 1 FROM persons o WHERE o.person_id = ANY (same_human(@person_id::uuid)))
FROM bound_holds h CROSS JOIN persons p
WHERE h.lifted_at IS NULL AND h.scope <> 'request' AND h.binds = ANY (same_human(@person_id::uuid)) AND p.person_id = ANY (same_human(@person_id::uuid))
    AND NOT EXISTS (SELECT FROM bound_holds b WHERE b.hold_id = h.hold_id AND b.binds = p.person_id)
ON CONFLICT DO NOTHING
RETURNING hold_id, person_id;

-- name: BindHold :exec
-- A hold placed on one record of a human binds all, the named one too: a split may name another.
INSERT INTO hold_bindings (hold_id, person_id, fence)
SELECT h.hold_id, p.person_id, p.fence FROM holds h JOIN persons p ON p.person_id = ANY (same_human(h.person_id))
WHERE h.hold_id = @hold_id AND h.scope <> 'request' AND cardinality(same_human(h.person_id)) > 1
ON CONFLICT DO NOTHING;

-- name: SignalBinding :exec
INSERT INTO outbox (workflow_id, signal, payload, created_at)
SELECT 'request/' || r.request_id, 'HoldChanged',
    jsonb_build_object('hold', h.hold_id, 'stops', true, 'at', @at::timestamptz, 'fence', h.bound_at_fence), @at::timestamptz
FROM bound_holds h JOIN requests r ON r.person_id = h.binds AND r.live
WHERE h.hold_id = @hold_id AND h.binds = @person_id AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country))
ORDER BY r.request_id;

-- name: RecallWhatTheMergeCaught :exec
-- What of one record was out, or on its way, when the other's holds came to bind it.
-- A question is stopped or told, as in RecallWhatMayHaveLeft.
INSERT INTO recalls (recall_id, dispatch_id, request_id, hold_id, opened_at, closed_at)
SELECT d.dispatch_id, d.dispatch_id, d.request_id, (array_agg(h.hold_id ORDER BY h.hold_id))[1], @at::timestamptz,
    CASE WHEN d.kind = 'record_contact' THEN @at::timestamptz END
FROM dispatches d JOIN requests r ON r.request_id = d.request_id AND (r.live OR d.status = 'sending')
JOIN bound_holds h ON h.binds = d.person_id AND h.lifted_at IS NULL
    AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country))
WHERE d.status IN ('sending', 'sent') AND d.person_id = ANY (same_human(@person_id::uuid))
    AND (d.kind <> 'record_contact' OR NOT EXISTS (SELECT FROM notices n WHERE n.filed_under = 'question/' || d.dispatch_id AND n.status = 'sent'))
GROUP BY d.dispatch_id
ON CONFLICT (dispatch_id) DO NOTHING;

-- name: CaughtByMerge :many
SELECT c.recall_id, c.dispatch_id, c.request_id, r.code, c.opened_at, c.closed_at
FROM person_merges m JOIN recalls c ON c.opened_at = m.merged_at JOIN requests r USING (request_id)
WHERE m.merge_id = @merge_id AND r.person_id = ANY (ever_one_human(m.survivor))
ORDER BY c.recall_id;

-- name: AddedSince :many
-- What came to a survivor or to the record merged into it while they were one,
-- and whether it stays there: sealed under the record's key, or what the record's
-- dates or its field of citizenship follow from.
WITH person_things AS (
    SELECT person_id, 'request' AS kind, request_id AS thing_id, opened_at AS added_at, true AS stays FROM requests
    UNION ALL
    SELECT person_id, 'document', document_id, uploaded_at, true FROM documents WHERE request_id IS NULL
    UNION ALL
    SELECT person_id, 'data_sheet', sheet_id, set_at, true FROM data_sheets
    UNION ALL
    SELECT person_id, 'hold', hold_id, placed_at, kind = 'citizenship_claim' FROM holds WHERE request_id IS NULL
    UNION ALL
    SELECT person_id, 'flag', flag_id, raised_at, false FROM person_flags
    UNION ALL
    SELECT person_id, 'legal_event', legal_event_id, recorded_at, true FROM legal_events
    UNION ALL
    SELECT person_id, 'nationality', claim_id, recorded_at, false FROM claimed_nationalities
    UNION ALL
    SELECT person_id, 'notification', notification_id, recorded_at, false FROM consular_notifications
)
SELECT t.kind::text AS kind, t.thing_id::uuid AS thing_id, t.person_id::uuid AS person_id, t.added_at::timestamptz AS added_at, t.stays::boolean AS stays
FROM person_merges m JOIN person_things t ON t.person_id IN (m.survivor, m.merged) AND t.added_at >= m.merged_at
WHERE m.merge_id = @merge_id
ORDER BY t.added_at, t.kind, t.thing_id;

-- name: AssignThings :exec
INSERT INTO split_assignments (merge_id, kind, thing_id, was_under, person_id, assigned_by, assigned_at)
SELECT @merge_id::uuid, unnest(@kinds::text[]), unnest(@things::text[])::uuid, unnest(@were_under::text[])::uuid,
    unnest(@persons::text[])::uuid, @assigned_by::text, @assigned_at::timestamptz;
