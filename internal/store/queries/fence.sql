-- name: GateFindings :one
-- Looked at under the person's fence row, which LockPerson holds.
SELECT r.request_id, r.person_id, r.country, r.post, r.live,
    COALESCE(o.country, '')::text AS order_country,
    COALESCE(o.source_sha256, '')::text AS order_source,
    COALESCE(o.type, '')::text AS order_type,
    EXISTS (
        SELECT FROM bound_holds h WHERE h.binds = r.person_id AND h.lifted_at IS NULL
            AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
    ) AS held,
    -- An order was final or was vacated, and none is in force now: the clock rests
    -- on nothing. While a stay suspends it, what it rested on before is kept. Where it
    -- was retracted that one became final, a stay that ended is no order either. What
    -- is so of one record of a human closes the gate of all.
    EXISTS (
        SELECT FROM unnest(same_human(r.person_id)) AS human(person_id) WHERE (EXISTS (
            SELECT FROM custody_clocks k WHERE k.person_id = human.person_id AND NOT (k.clock ? 'basis' OR k.clock ? 'before')
                AND EXISTS (
                    SELECT FROM legal_events l WHERE l.person_id = human.person_id AND (l.kind = 'order_final' OR l.kind = 'order_vacated'
                        AND NOT EXISTS (SELECT FROM legal_events c WHERE c.corrects = l.legal_event_id))
                )
        ) OR (
            EXISTS (SELECT FROM legal_events l WHERE l.person_id = human.person_id AND l.kind = 'order_final')
            AND NOT EXISTS (SELECT FROM legal_events l WHERE l.person_id = human.person_id AND l.kind = 'order_final'
                AND NOT EXISTS (SELECT FROM legal_events c WHERE c.corrects = l.legal_event_id))
        ))
    )::boolean AS order_gone,
    COALESCE(p.content, '')::text AS approved,
    -- Exactly this content is a package of the request, nothing of it has changed
    -- since, and a second person has disclosed what is not on the list.
    COALESCE(s.void = '' AND s.undisclosed = 0, false)::boolean AS package_stands
FROM requests r
LEFT JOIN LATERAL (
    SELECT o.country, o.source_sha256, o.type FROM orders o WHERE o.request_id = r.request_id
    ORDER BY o.recorded_at DESC, o.order_id LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    -- Only the last word on the package counts: what came after an approval has taken it
    -- away. What was accepted to leave and was stopped has taken nothing.
    -- A dispatch that the engine has accepted is authorised anew by the content that it was accepted with.
    SELECT CASE WHEN e.type = 'approved' OR e.type IN ('sent', 'information_answered') AND e.data ->> 'dispatch' = @dispatch_id::text
        THEN e.data ->> 'content' END AS content
    FROM events e WHERE e.request_id = r.request_id AND e.type IN ('review_requested', 'approved', 'returned', 'sent',
        'information_asked', 'information_answered', 'retried', 'reissue_begun', 'closed')
        AND NOT EXISTS (SELECT FROM dispatches x WHERE x.dispatch_id::text = e.data ->> 'dispatch' AND x.status = 'stopped')
    ORDER BY e.seq DESC LIMIT 1
) p ON true
LEFT JOIN package_standing s ON s.request_id = r.request_id AND s.content = p.content
WHERE r.request_id = @request_id;

-- name: PersonOfRequest :one
SELECT person_id FROM requests WHERE request_id = @request_id;

-- name: Dispatch :one
SELECT * FROM dispatches WHERE dispatch_id = @dispatch_id;

-- name: Recalled :one
SELECT EXISTS (SELECT FROM recalls WHERE dispatch_id = @dispatch_id)::boolean;

-- name: PutDispatch :exec
INSERT INTO dispatches (dispatch_id, request_id, person_id, kind, channel, post, content, status, fence, authorised_at, authorised_by)
VALUES (@dispatch_id, @request_id, @person_id, @kind, @channel, @post, @content, 'sending', @fence, @authorised_at, @authorised_by)
ON CONFLICT (dispatch_id) DO UPDATE SET fence = excluded.fence, authorised_at = excluded.authorised_at
WHERE dispatches.status = 'sending';

-- name: StillAuthorised :execrows
-- One statement re-reads the fence and notes that the effect begins. Whoever
-- places a hold meanwhile finds the dispatch 'sending'.
UPDATE dispatches d SET departing_at = COALESCE(d.departing_at, @at::timestamptz)
FROM persons p
WHERE d.dispatch_id = @dispatch_id AND p.person_id = d.person_id AND d.status = 'sending' AND d.fence = p.fence
    AND d.authorised_at > @authorised_after::timestamptz;

-- name: DispatchLeft :execrows
UPDATE dispatches SET status = 'sent', sent_at = @at::timestamptz WHERE dispatch_id = @dispatch_id AND status = 'sending';

-- name: StopDispatch :one
-- What never began to leave is stopped, and what is asked back of it is settled; what may have left has left.
WITH ended AS (
    UPDATE dispatches d SET
        status = CASE WHEN d.departing_at IS NULL THEN 'stopped' ELSE 'sent' END,
        stopped_at = CASE WHEN d.departing_at IS NULL THEN @at::timestamptz END,
        sent_at = d.departing_at
    WHERE d.dispatch_id = @dispatch_id AND d.status = 'sending'
    RETURNING d.dispatch_id, d.request_id, d.status
), settled AS (
    UPDATE recalls c SET closed_at = @at
    WHERE c.dispatch_id IN (SELECT ended.dispatch_id FROM ended WHERE ended.status = 'stopped') AND c.closed_at IS NULL
)
SELECT request_id, status FROM ended;

-- name: UntoldRecalls :many
-- Open recalls of what has left about a human, or may have, that the post was not told of.
SELECT d.dispatch_id, d.request_id, d.person_id, d.post, r.country
FROM recalls c
JOIN dispatches d USING (dispatch_id)
JOIN requests r ON r.request_id = d.request_id
WHERE d.person_id = ANY (same_human(@person_id::uuid)) AND c.closed_at IS NULL AND d.departing_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM notices n WHERE n.filed_under = 'recall/' || d.dispatch_id)
ORDER BY d.dispatch_id;
