-- +goose Up
-- Who is signed in on a page. The browser holds a random id; only its hash is
-- kept, so that a copy of this table opens nothing. Roles and bounds are those
-- of the sign-in and are read anew at the next.
CREATE TABLE sessions (
    session_hash bytea PRIMARY KEY CHECK (octet_length(session_hash) = 32), -- SHA-256
    subject      text NOT NULL,
    name         text NOT NULL,
    roles        text[] NOT NULL,
    offices      text[] NOT NULL,
    countries    text[] NOT NULL,
    posts        text[] NOT NULL,
    signed_in_at timestamptz NOT NULL,
    used_at      timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (ends_at);

GRANT SELECT, INSERT, DELETE ON sessions TO traveldoc_app;
GRANT UPDATE (used_at) ON sessions TO traveldoc_app;
