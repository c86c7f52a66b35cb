-- +goose Up
-- Persons under keyed hashes of what makes two records look alike: the names, in
-- whatever order, and the date of birth. Many may share one; the A-number alone is unique.
CREATE TABLE person_likeness (
    key_id    bigint NOT NULL REFERENCES shared_keys,
    token     bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES person_keys,
    PRIMARY KEY (key_id, token, person_id),
    UNIQUE (person_id, key_id)
);
GRANT SELECT, INSERT, DELETE ON person_likeness TO traveldoc_app;

-- The records of persons who look like the one held, until counsel says whether they are one.
ALTER TABLE holds ADD COLUMN alike text[] NOT NULL DEFAULT '{}';
