-- +goose Up
-- Newer rules date duties that a sleeping clock does not know of: every clock of
-- a detained person looks again once.
INSERT INTO outbox (workflow_id, signal, start, payload, created_at)
SELECT 'custody/' || person_id, 'LegalEventsChanged', true, to_jsonb(person_id::text), derived_at
FROM custody_clocks WHERE detained ORDER BY person_id;

-- +goose Down
