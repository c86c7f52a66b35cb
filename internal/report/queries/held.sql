-- name: HeldLogs :many
-- The logs of live requests whose clocks a hold stops, or once stopped, and that are not overdue as they stand.
SELECT r.request_id, json_agg(json_build_object('seq', e.seq, 'occurred_at', e.occurred_at, 'recorded_at', e.recorded_at,
    'type', e.type, 'data', e.data) ORDER BY e.seq)::jsonb AS log
FROM requests r JOIN events e USING (request_id)
WHERE r.live
    AND (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
        OR r.post = ANY (@posts::text[]) OR (r.officer = @sight_officer::text AND @sight_officer <> ''))
    AND (@country::text = '' OR r.country = @country)
    AND (@office::text = '' OR r.field_office = @office)
    AND EXISTS (SELECT FROM events h WHERE h.request_id = r.request_id AND h.type = 'hold_changed')
    AND NOT overdue(r.request_id, r.stage, r.stage_since, r.live, @as_of::timestamptz)
GROUP BY r.request_id;
