-- +goose Up
-- Personal fields are sealed under a key of their person, and that key is
-- wrapped by a master key that this database does not hold.

-- A person's data key. Destroying it makes everything sealed under it unreadable.
CREATE TABLE person_keys (
    person_id    uuid PRIMARY KEY REFERENCES persons DEFERRABLE INITIALLY DEFERRED,
    keyset       bytea,                            -- of fields, wrapped by the master key
    files        bytea,                            -- of files, wrapped by the keyset of fields
    master       text NOT NULL,                    -- name of the master key
    made_at      timestamptz NOT NULL,
    destroyed_at timestamptz,
    CHECK ((keyset IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((keyset IS NULL) = (files IS NULL))
);
CREATE INDEX person_keys_by_master ON person_keys (master) WHERE keyset IS NOT NULL;
CREATE INDEX person_keys_by_age ON person_keys (made_at, person_id) WHERE keyset IS NOT NULL;

-- Field is 'table.column' as the field was before it was sealed, row its key there.
CREATE TABLE sealed_fields (
    row_id    uuid NOT NULL,
    field     text NOT NULL,
    person_id uuid NOT NULL REFERENCES person_keys,
    sealed    bytea NOT NULL,
    PRIMARY KEY (row_id, field)
);
CREATE INDEX sealed_fields_of_person ON sealed_fields (person_id);

-- Keys that are nobody's own: of the look-up index, and of what the engine keeps.
CREATE TABLE shared_keys (
    key_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose    text NOT NULL CHECK (purpose IN ('index', 'payload')),
    keyset     bytea NOT NULL,                     -- wrapped by the master key
    master     text NOT NULL,
    made_at    timestamptz NOT NULL,
    retired_at timestamptz
);

-- Persons under keyed hashes of what they are looked up by. While the index key
-- is rotated a person is here under both keys.
CREATE TABLE person_index (
    key_id    bigint NOT NULL REFERENCES shared_keys,
    token     bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES person_keys,
    CONSTRAINT person_by_index PRIMARY KEY (key_id, token),
    UNIQUE (person_id, key_id)
);

-- Data keys made before the given time are to be replaced; without an end, work is left.
CREATE TABLE data_rotations (
    made_before timestamptz PRIMARY KEY,
    finished_at timestamptz
);

-- A person's data is kept beyond its period for as long as one of these stands.
CREATE TABLE retention_holds (
    retention_hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id   uuid NOT NULL REFERENCES persons,
    matter      text NOT NULL,                     -- the file number of the matter, no words about anyone
    placed_by   text NOT NULL,
    placed_at   timestamptz NOT NULL,
    released_by text,
    released_at timestamptz,
    CHECK ((released_by IS NULL) = (released_at IS NULL))
);
CREATE UNIQUE INDEX retention_holds_standing ON retention_holds (person_id, matter) WHERE released_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON person_keys, sealed_fields, shared_keys, data_rotations, retention_holds TO traveldoc_app;
GRANT SELECT, INSERT, DELETE ON person_index TO traveldoc_app;
