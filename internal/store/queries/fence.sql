-- name: GateFindings :one
-- Looked at under the person's fence row, which LockPerson holds.
SELECT r.request_id, r.person_id, r.country, r.post, r.live,
    COALESCE(o.country, '')::text AS order_country,
    COALESCE(o.source_sha256, '')::text AS order_source,
    COALESCE(o.type, '')::text AS order_type,
    EXISTS (
        SELECT FROM holds h WHERE h.person_id = r.person_id AND h.lifted_at IS NULL
            AND (h.scope = 'person' OR (h.scope = 'country' AND h.country = r.country) OR (h.scope = 'request' AND h.request_id = r.request_id))
    ) AS held,
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
    -- Only the last word on the package counts: what came after an approval has taken it away.
    SELECT CASE WHEN e.type = 'approved' THEN e.data ->> 'content' END AS content
    FROM events e WHERE e.request_id = r.request_id AND e.type IN ('review_requested', 'approved', 'returned', 'sent',
        'information_asked', 'information_answered', 'retried', 'reissue_begun', 'closed')
    ORDER BY e.seq DESC LIMIT 1
) p ON true
LEFT JOIN package_standing s ON s.request_id = r.request_id AND s.content = p.content
WHERE r.request_id = @request_id;

-- name: PersonOfRequest :one
SELECT person_id FROM requests WHERE request_id = @request_id;

-- name: Dispatch :one
SELECT * FROM dispatches WHERE dispatch_id = @dispatch_id;

-- name: PutDispatch :exec
INSERT INTO dispatches (dispatch_id, request_id, person_id, kind, channel, post, content, status, fence, authorised_at, authorised_by)
VALUES (@dispatch_id, @request_id, @person_id, @kind, @channel, @post, @content, 'sending', @fence, @authorised_at, @authorised_by)
ON CONFLICT (dispatch_id) DO UPDATE SET fence = excluded.fence, authorised_at = excluded.authorised_at
WHERE dispatches.status = 'sending';

-- name: StillAuthorised :one
SELECT EXISTS (
    SELECT FROM dispatches d JOIN persons p USING (person_id)
    WHERE d.dispatch_id = @dispatch_id AND d.status = 'sending' AND d.fence = p.fence AND d.authorised_at > @authorised_after
);
