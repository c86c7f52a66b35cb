-- +goose Up
-- Documents about a person. What was sent in, the sanitised copy and its text
-- are sealed files outside the database, each under the id kept here; the name
-- that the file came with is sealed as the text of the command that brought it.
CREATE TABLE documents (
    document_id      uuid PRIMARY KEY,             -- id of the command that brought it
    person_id        uuid NOT NULL REFERENCES persons,
    request_id       uuid REFERENCES requests,     -- null: of the person, for any request
    type             text NOT NULL,                -- an item of the country pack's checklist, or 'other'
    media_type       text NOT NULL CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
    pages            int NOT NULL CHECK (pages > 0),
    dropped          int NOT NULL CHECK (dropped >= 0), -- annotations and form fields left out of the copy
    original_file    uuid NOT NULL UNIQUE,
    original_bytes   bigint NOT NULL CHECK (original_bytes > 0),
    original_sha256  bytea NOT NULL CHECK (octet_length(original_sha256) = 32),
    sanitised_file   uuid NOT NULL UNIQUE,
    sanitised_bytes  bigint NOT NULL CHECK (sanitised_bytes > 0),
    sanitised_sha256 bytea NOT NULL CHECK (octet_length(sanitised_sha256) = 32),
    text_file        uuid NOT NULL UNIQUE,
    uploaded_by      text NOT NULL,
    uploaded_at      timestamptz NOT NULL,
    withdrawn_by     text,
    withdrawn_at     timestamptz,
    withdrawn_for    text,                         -- a code
    withdrawn_with   uuid UNIQUE,                  -- id of the command that withdrew it
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_for IS NULL)
        AND (withdrawn_at IS NULL) = (withdrawn_with IS NULL))
);
CREATE INDEX documents_of_person ON documents (person_id, uploaded_at);
CREATE INDEX documents_of_request ON documents (request_id) WHERE request_id IS NOT NULL;

-- What a document is stays as it was; it can be withdrawn.
GRANT SELECT, INSERT ON documents TO traveldoc_app;
GRANT UPDATE (withdrawn_by, withdrawn_at, withdrawn_for, withdrawn_with) ON documents TO traveldoc_app;
