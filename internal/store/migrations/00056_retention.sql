-- +goose Up
-- Whose data key was destroyed at the end of its period. What happened stays in
-- the other tables; what it said of the person opens no more.
CREATE TABLE destructions (
    person_id        uuid PRIMARY KEY REFERENCES persons,
    ordered_by       text NOT NULL,
    due_since        timestamptz NOT NULL,         -- end of the longest period of the person's requests
    destroyed_at     timestamptz NOT NULL,
    files_removed_at timestamptz                   -- null: unreadable files may still lie in their folder
);
CREATE INDEX destructions_unfinished ON destructions (person_id) WHERE files_removed_at IS NULL;

-- Ids of the commands, so that placing or lifting twice by one command is doing it once.
ALTER TABLE retention_holds ADD COLUMN placed_with uuid UNIQUE, ADD COLUMN released_with uuid UNIQUE;

GRANT SELECT, INSERT ON destructions TO traveldoc_app;
GRANT UPDATE (files_removed_at) ON destructions TO traveldoc_app;
