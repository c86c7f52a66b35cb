-- +goose Up
-- The checkpoints by which the key that signs them was handed over, to be found
-- among all the others. What counts is what their signed text says.
ALTER TABLE audit_checkpoints ADD COLUMN hands_over boolean NOT NULL DEFAULT false;
CREATE INDEX audit_handovers ON audit_checkpoints (size) WHERE hands_over;
