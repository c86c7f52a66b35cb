-- name: Bottlenecks :many
-- Grouped by stage or owner a request counts in each that it went through;
-- otherwise in the one group that its row names.
WITH chosen AS (
    SELECT r.request_id, r.country, r.post, r.field_office, r.officer, r.live,
        r.live AND r.request_id = ANY (CAST(@late_but_for_holds::text[] AS uuid[]))
            OR overdue(r.request_id, r.stage, r.stage_since, r.live, @as_of::timestamptz) AS overdue,
        r.stage AS current_stage, r.owner AS current_owner
    FROM requests r
    WHERE r.seq > 0
        AND (@everything::boolean OR r.field_office = ANY (@offices::text[]) OR r.country = ANY (@countries::text[])
            OR r.post = ANY (@posts::text[]) OR (r.officer = @sight_officer::text AND @sight_officer <> ''))
        AND (@country::text = '' OR r.country = @country)
        AND (@office::text = '' OR r.field_office = @office)
), stays AS (
    SELECT c.*, i.stage, i.owner, i.until IS NULL AS lasts,
        CASE @group_by::text WHEN 'country' THEN c.country WHEN 'post' THEN c.post WHEN 'field_office' THEN c.field_office
            WHEN 'officer' THEN c.officer WHEN 'stage' THEN i.stage ELSE i.owner END AS key,
        -- An interval that a correction turned round has no length rather than less than none.
        greatest(extract(epoch FROM COALESCE(i.until, @as_of) - i.since), 0) / 86400 AS days
    FROM chosen c JOIN stage_intervals i USING (request_id)
    WHERE i.stage <> 'closed'
), whole AS (
    -- What a request waited in the group altogether: its stays are many, and some of no length.
    SELECT key, sum(days) AS days, sum(days) FILTER (WHERE lasts) AS open_days FROM stays GROUP BY key, request_id
), days AS (
    SELECT key, sum(days) AS waiting, COALESCE(sum(open_days), 0) AS open_waiting,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median, percentile_cont(0.85) WITHIN GROUP (ORDER BY days) AS p85
    FROM whole GROUP BY key
), members AS (
    SELECT DISTINCT key, request_id, live,
        -- Overdue is where the request stands now.
        overdue AND (@group_by NOT IN ('stage', 'owner') OR key IN (current_stage, current_owner)) AS overdue,
        (@group_by NOT IN ('stage', 'owner') OR key IN (current_stage, current_owner)) AS here
    FROM stays
), counts AS (
    SELECT m.key, count(*) AS requests, count(*) FILTER (WHERE m.live AND m.here) AS open, count(*) FILTER (WHERE NOT m.live) AS closed, count(*) FILTER (WHERE m.overdue) AS overdue,
        COALESCE(sum((SELECT count(*) FROM escalations e WHERE e.request_id = m.request_id AND e.status <> 'closed')) FILTER (WHERE m.here), 0) AS escalations
    FROM members m GROUP BY m.key
)
SELECT c.key::text AS key, c.requests::bigint AS requests, c.open::bigint AS open, c.closed::bigint AS closed,
    d.waiting::double precision AS waiting_days, d.open_waiting::double precision AS open_waiting_days,
    d.median::double precision AS median_days, d.p85::double precision AS p85_days,
    c.overdue::bigint AS overdue, c.escalations::bigint AS open_escalations
FROM counts c JOIN days d USING (key)
-- To the hour: seconds would put groups that waited alike in any order.
ORDER BY round(d.waiting * 24) DESC, c.key;
