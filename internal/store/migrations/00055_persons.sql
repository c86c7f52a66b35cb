-- +goose Up
-- What is known of a person beside the law's dates. The ids are those of the
-- commands that made the rows. Days are civil days of the source.

-- Flags that route specially. Their kind is need to know: that of a trafficking
-- victim by 8 USC 1367.
CREATE TABLE person_flags (
    flag_id           uuid PRIMARY KEY,
    person_id         uuid NOT NULL REFERENCES persons,
    kind              text NOT NULL CHECK (kind IN ('minor', 'medical', 'trafficking_victim', 'family_unit')),
    source_sha256     text NOT NULL,
    dated             date NOT NULL,
    raised_by         text NOT NULL,
    raised_at         timestamptz NOT NULL,
    ended_by          text,
    ended_at          timestamptz,
    end_source_sha256 text,
    end_reason        text,
    ended_command     uuid UNIQUE
);
CREATE INDEX flags_of_person ON person_flags (person_id);

-- Consular notification of a detention, 8 CFR 236.1(e). It names no request.
CREATE TABLE consular_notifications (
    notification_id uuid PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES persons,
    country         text NOT NULL,
    detained_since  date NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('mandatory', 'at_request', 'declined')),
    means           text NOT NULL DEFAULT '',
    notified_at     timestamptz,
    source_sha256   text NOT NULL,
    recorded_by     text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    CHECK ((kind = 'declined') = (notified_at IS NULL))
);
CREATE INDEX notifications_of_person ON consular_notifications (person_id);

-- Nationalities that somebody claims for a person. None replaces another.
CREATE TABLE claimed_nationalities (
    claim_id      uuid PRIMARY KEY,
    person_id     uuid NOT NULL REFERENCES persons,
    country       text NOT NULL,
    claimed_by    text NOT NULL CHECK (claimed_by IN ('person', 'document', 'country', 'family', 'record')),
    dated         date NOT NULL,
    source_sha256 text NOT NULL,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL
);
CREATE INDEX nationalities_of_person ON claimed_nationalities (person_id);

-- Who verified an issuing authority, and who said that it is one no longer.
ALTER TABLE issuers
    ADD COLUMN listed_by text NOT NULL DEFAULT '',
    ADD COLUMN listed_at timestamptz,
    ADD COLUMN end_source text NOT NULL DEFAULT '',
    ADD COLUMN ended_by text NOT NULL DEFAULT '',
    ADD COLUMN ended_at timestamptz;

-- What a custody review decided, as a code.
ALTER TABLE legal_events ADD COLUMN decision text NOT NULL DEFAULT '';

GRANT SELECT, INSERT, UPDATE ON person_flags TO traveldoc_app;
GRANT SELECT, INSERT ON consular_notifications, claimed_nationalities TO traveldoc_app;
