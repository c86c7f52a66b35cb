-- +goose Up
-- A hold ends by itself only on a day that its authority set, at the end of that
-- day where the authority sits.
ALTER TABLE holds
    ADD COLUMN expires_on           date,
    ADD COLUMN expires_zone         text,          -- IANA name
    ADD COLUMN expires_at           timestamptz,   -- the first instant after that day there
    ADD COLUMN expiry_source_sha256 text,          -- the authority's document that sets the day
    ADD CHECK (num_nulls(expires_on, expires_zone, expires_at) IN (0, 3));
CREATE INDEX holds_expiring ON holds (expires_at) WHERE lifted_at IS NULL;

-- What was said later of a hold that stands, with the values in force from then on.
CREATE TABLE hold_amendments (
    amendment_id  uuid PRIMARY KEY,                -- the command id
    hold_id       uuid NOT NULL REFERENCES holds,
    review_by     date,
    expires_on    date,
    expires_zone  text,
    authority     text,                            -- whose word set or took back the expiry; null when it was left as it is
    source_sha256 text,
    amended_by    text NOT NULL,
    amended_at    timestamptz NOT NULL,
    CHECK ((authority IS NULL) = (source_sha256 IS NULL))
);

-- +goose StatementBegin
CREATE FUNCTION audit_hold_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.amended_at, NEW.amended_by, 'hold.amend', 'hold/' || NEW.hold_id, 'done', 'command/' || NEW.amendment_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_amended AFTER INSERT ON hold_amendments FOR EACH ROW EXECUTE FUNCTION audit_hold_amendment();

GRANT SELECT, INSERT ON hold_amendments TO traveldoc_app;
