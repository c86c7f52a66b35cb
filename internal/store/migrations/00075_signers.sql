-- +goose Up
-- A person signs that somebody fails to comply (8 CFR 241.4(g)(5)), who need not be
-- the one who records it. Empty where it was recorded before signers were asked for,
-- and for events that nobody signs.
ALTER TABLE legal_events
    ADD COLUMN signed_by text NOT NULL DEFAULT '', -- a person of the directory
    ADD COLUMN signed_on date,                     -- local date of the office
    ADD COLUMN signed_document uuid REFERENCES documents,
    ADD CHECK ((signed_by = '') = (signed_on IS NULL)),
    ADD CHECK (signed_document IS NULL OR signed_by <> '');

-- +goose StatementBegin
CREATE FUNCTION audit_signed_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.recorded_at, NEW.signed_by, 'noncompliance_notice.sign', 'person/' || NEW.person_id, 'done',
            'legal_event/' || NEW.legal_event_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_signed_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.recorded_at, NEW.data ->> 'signed_by', 'noncompliance_notice.sign', 'request/' || NEW.request_id, 'done',
            'event/' || NEW.request_id || '/' || NEW.seq);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_signed AFTER INSERT ON legal_events FOR EACH ROW
    WHEN (NEW.signed_by <> '') EXECUTE FUNCTION audit_signed_event();
CREATE TRIGGER audit_signed AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.type = 'noncompliance_recorded' AND NEW.data ? 'signed_by') EXECUTE FUNCTION audit_signed_step();

-- +goose Down
DROP TRIGGER audit_signed ON events;
DROP TRIGGER audit_signed ON legal_events;
DROP FUNCTION audit_signed_step;
DROP FUNCTION audit_signed_event;
ALTER TABLE legal_events DROP COLUMN signed_document, DROP COLUMN signed_on, DROP COLUMN signed_by;
