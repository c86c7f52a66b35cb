-- +goose Up
-- The stay that a hold keeps, by the key that ties its end to its grant: the first
-- hold of a stay is the grant's own, and whatever brings the stay back places another.
ALTER TABLE holds ADD COLUMN stay uuid;
UPDATE holds h SET stay = l.hold_id FROM legal_events l
WHERE l.kind = 'stay_granted' AND l.hold_id = h.hold_id AND h.kind = 'stay';
UPDATE holds h SET stay = e.hold_id
FROM legal_events r JOIN legal_events e ON e.legal_event_id = r.corrects AND e.kind = 'stay_ended'
WHERE r.kind = 'retracted' AND r.hold_id = h.hold_id AND h.kind = 'stay' AND h.stay IS NULL;
CREATE INDEX holds_of_stays ON holds (stay) WHERE lifted_at IS NULL;
