-- +goose Up
-- Where a request stood and for how long, derived from what happened and not
-- from the current row, so that the days of stages that ended count too. What
-- a correction says about an event's time goes before what the event said.

CREATE FUNCTION stage_owner(stage text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN stage = 'review' THEN 'supervisor'
        WHEN stage IN ('submitted', 'received', 'interview', 'verifying') THEN 'consulate'
        WHEN stage = 'closed' THEN ''
        ELSE 'officer'
    END
$$;

CREATE VIEW stage_intervals AS
WITH corrected AS (
    SELECT DISTINCT ON (request_id, (data ->> 'event'))
        request_id, (data ->> 'event')::bigint AS seq, (data ->> 'occurred_at')::timestamptz AS occurred_at
    FROM events
    WHERE type = 'corrected' AND data ? 'occurred_at'
    ORDER BY request_id, (data ->> 'event'), events.seq DESC
), moves AS (
    SELECT e.request_id, e.seq, COALESCE(c.occurred_at, e.occurred_at) AS at,
        -- What the package goes through leaves a request where it stands while the post waits for an answer.
        e.type IN ('review_requested', 'approved', 'returned') AS ours,
        CASE e.type
            WHEN 'opened' THEN 'assembling'
            WHEN 'review_requested' THEN 'review'
            WHEN 'approved' THEN 'ready'
            WHEN 'returned' THEN 'assembling'
            WHEN 'sent' THEN 'submitted'
            WHEN 'receipt_recorded' THEN 'received'
            WHEN 'information_asked' THEN 'information_asked'
            WHEN 'information_answered' THEN e.data ->> 'stage'
            WHEN 'interview_scheduled' THEN 'interview'
            WHEN 'interview_recorded' THEN CASE WHEN e.data ->> 'result' = 'held' THEN 'verifying' ELSE 'interview' END
            WHEN 'verification_begun' THEN 'verifying'
            WHEN 'issued' THEN 'issued'
            WHEN 'authenticated' THEN 'travel_ready'
            WHEN 'document_rejected' THEN 'verifying'
            WHEN 'refusal_recorded' THEN 'refused'
            WHEN 'retried' THEN 'assembling'
            WHEN 'reissue_begun' THEN 'assembling'
            WHEN 'closed' THEN 'closed'
        END AS stage
    FROM events e
    LEFT JOIN corrected c USING (request_id, seq)
), standing AS (
    SELECT m.*, max(m.seq) FILTER (WHERE NOT m.ours)
        OVER (PARTITION BY m.request_id ORDER BY m.seq) AS anchor
    FROM moves m
    WHERE m.stage IS NOT NULL
), entered AS (
    SELECT s.request_id, s.seq, s.at, s.stage
    FROM standing s
    LEFT JOIN standing a ON a.request_id = s.request_id AND a.seq = s.anchor
    WHERE NOT (s.ours AND a.stage = 'information_asked')
)
SELECT request_id, seq, stage, stage_owner(stage) AS owner, at AS since,
    lead(at) OVER (PARTITION BY request_id ORDER BY seq) AS until
FROM entered;

-- A live request is overdue when a date of its stage or ladder has passed, or
-- when its passing was told and nothing has come of it: a level of the ladder
-- stands open, or the stage outlasted its term.
CREATE FUNCTION overdue(id uuid, at_stage text, since timestamptz, alive boolean, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT alive AND (
        EXISTS (SELECT FROM deadlines d WHERE d.request_id = id AND d.kind IN ('stage_term', 'ladder_level') AND d.due_at < at)
        OR EXISTS (SELECT FROM escalations e WHERE e.request_id = id AND e.status <> 'closed')
        OR EXISTS (SELECT FROM events v WHERE v.request_id = id AND v.type = 'stage_overdue'
            AND v.data ->> 'stage' = at_stage AND v.occurred_at >= since)
    )
$$;
