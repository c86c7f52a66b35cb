-- +goose Up
-- What is to leave for a post. Everything here is added and never changed: what
-- has to change makes another version or another package.

-- What a person's data sheet says; the newest version counts. The values are
-- sealed under sheet_id.
CREATE TABLE data_sheets (
    sheet_id  uuid PRIMARY KEY,                    -- id of the command that entered it
    person_id uuid NOT NULL REFERENCES persons,
    version   integer NOT NULL CHECK (version > 0),
    fields    text[] NOT NULL,                     -- names of those that are known
    set_at    timestamptz NOT NULL,
    set_by    text NOT NULL,
    UNIQUE (person_id, version)
);

-- A package of a request. Content is the SHA-256 of its manifest, by which
-- review, approval and gate name it.
CREATE TABLE outgoing_packages (
    package_id    uuid PRIMARY KEY,                -- id of the command that prepared it
    ordinal       bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- in the order of preparation
    request_id    uuid NOT NULL REFERENCES requests,
    person_id     uuid NOT NULL REFERENCES persons,
    content       text NOT NULL,
    country       text NOT NULL,
    post          text NOT NULL,
    sheet_version integer NOT NULL,                -- 0: the person had no data sheet
    pages         integer NOT NULL CHECK (pages > 0),
    bytes         bigint NOT NULL CHECK (bytes > 0), -- of the PDF
    prepared_at   timestamptz NOT NULL,
    prepared_by   text NOT NULL,
    UNIQUE (request_id, content)
);
CREATE INDEX outgoing_packages_of_request ON outgoing_packages (request_id, ordinal DESC);

CREATE TABLE package_items (
    package_id   uuid NOT NULL REFERENCES outgoing_packages,
    position     integer NOT NULL CHECK (position > 0), -- in the order of the PDF
    kind         text NOT NULL CHECK (kind IN ('cover_letter', 'data_sheet', 'index', 'free_text', 'document')),
    document_id  uuid REFERENCES documents,
    type         text NOT NULL,                    -- of a document
    sha256       text NOT NULL,                    -- of the part as it was bound
    pages        integer NOT NULL CHECK (pages > 0),
    needs_review boolean NOT NULL,                 -- leaves only when a second person discloses it
    PRIMARY KEY (package_id, position),
    CHECK ((kind = 'document') = (document_id IS NOT NULL))
);

-- The bytes, sealed as files under the person's key.
CREATE TABLE package_contents (
    package_id uuid PRIMARY KEY REFERENCES outgoing_packages DEFERRABLE INITIALLY DEFERRED,
    manifest   bytea NOT NULL,
    pdf        bytea NOT NULL
);
ALTER TABLE package_contents ALTER COLUMN pdf SET STORAGE EXTERNAL; -- sealed bytes can't be compressed
COMMENT ON COLUMN package_contents.manifest IS 'personal';
COMMENT ON COLUMN package_contents.pdf IS 'personal';

-- A second person's word on one item.
CREATE TABLE disclosures (
    package_id uuid NOT NULL,
    position   integer NOT NULL,
    decision   text NOT NULL CHECK (decision IN ('disclose', 'withhold')),
    reason     text NOT NULL,                      -- a code; empty where disclosed without one
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    command_id uuid NOT NULL,
    PRIMARY KEY (package_id, position),
    FOREIGN KEY (package_id, position) REFERENCES package_items,
    CHECK (decision = 'disclose' OR reason <> '')
);

-- Whether a package may still leave. Void is empty, or the first reason why it
-- may not; undisclosed counts items that nobody has disclosed.
CREATE VIEW package_standing AS
SELECT p.package_id, p.request_id, p.content,
    (CASE
        WHEN EXISTS (SELECT FROM outgoing_packages n WHERE n.request_id = p.request_id AND n.ordinal > p.ordinal) THEN 'replaced'
        WHEN r.person_id <> p.person_id OR p.sheet_version <> COALESCE((
            SELECT max(s.version) FROM data_sheets s WHERE s.person_id = r.person_id), 0) THEN 'person_changed'
        WHEN r.country <> p.country OR r.post <> p.post THEN 'post_changed'
        WHEN EXISTS (
            SELECT FROM package_items i JOIN documents d USING (document_id)
            WHERE i.package_id = p.package_id AND d.withdrawn_at IS NOT NULL) THEN 'document_withdrawn'
        ELSE ''
    END)::text AS void,
    (SELECT count(*) FROM package_items i
        WHERE i.package_id = p.package_id AND i.needs_review AND NOT EXISTS (
            SELECT FROM disclosures d
            WHERE d.package_id = i.package_id AND d.position = i.position AND d.decision = 'disclose'))::bigint AS undisclosed
FROM outgoing_packages p JOIN requests r USING (request_id);

GRANT SELECT, INSERT ON data_sheets, outgoing_packages, package_items, package_contents, disclosures TO traveldoc_app;
GRANT SELECT ON package_standing TO traveldoc_app;
