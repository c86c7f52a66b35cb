-- +goose Up
-- Neither a post's own system nor a courier tells numbers apart by the size of their letters.
DROP INDEX submission_by_number;
CREATE UNIQUE INDEX submission_by_number ON submissions (system, upper(number));
DROP INDEX hand_over_by_tracking;
CREATE UNIQUE INDEX hand_over_by_tracking ON hand_overs (courier, upper(tracking));
