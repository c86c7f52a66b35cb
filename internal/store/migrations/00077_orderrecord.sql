-- +goose Up
-- Whether the day of an order is missing is asked of each detention: clocks of
-- detained persons that have no day 0 sleep, and look again once.
INSERT INTO outbox (workflow_id, signal, start, payload, created_at)
SELECT 'custody/' || person_id, 'LegalEventsChanged', true, to_jsonb(person_id::text), derived_at
FROM custody_clocks WHERE detained AND NOT clock ? 'r0' ORDER BY person_id;

-- +goose Down
