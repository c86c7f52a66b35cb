-- +goose Up
-- Who did what, in rows that enter with the act itself. The application adds
-- and reads; only the sequencer's role numbers, and nobody changes a row after
-- that without the tree over the rows telling so.

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'traveldoc_sequencer') THEN
        CREATE ROLE traveldoc_sequencer NOLOGIN;
    END IF;
EXCEPTION
    -- Another database of the same server was migrated at the same moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
-- +goose StatementEnd

CREATE TABLE audit_entries (
    entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      bigint CONSTRAINT audit_number UNIQUE CHECK (number > 0), -- null until the sequencer comes by
    at          timestamptz NOT NULL,              -- business time of the act
    actor       text NOT NULL,                     -- subject of a token, 'system', or 'database/<login>'
    action      text NOT NULL,
    object      text NOT NULL,                     -- kind and id: 'request/<uuid>'
    outcome     text NOT NULL,
    source      text NOT NULL,                     -- what led to it: 'command/<uuid>', or empty
    commitments text NOT NULL DEFAULT ''           -- JSON object: field to salted hash, or empty
);
-- A row is here until it has a number, however late its transaction commits.
CREATE INDEX audit_waiting ON audit_entries (entry_id) WHERE number IS NULL;

-- Without its salt a commitment says nothing about what it commits to.
CREATE TABLE audit_salts (
    entry_id  bigint NOT NULL REFERENCES audit_entries,
    field     text NOT NULL,
    person_id uuid NOT NULL,
    salt      bytea NOT NULL,
    PRIMARY KEY (entry_id, field)
);
CREATE INDEX audit_salts_of_person ON audit_salts (person_id);

-- The Merkle tree over the numbered rows, in the order of its growth.
CREATE TABLE audit_hashes (
    position bigint PRIMARY KEY,
    hash     bytea NOT NULL
);

CREATE TABLE audit_checkpoints (
    size bigint PRIMARY KEY,                       -- rows that it covers
    note text NOT NULL                             -- signed
);

-- +goose StatementBegin
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.number IS NULL AND NEW.number IS NOT NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();

-- +goose StatementBegin
CREATE FUNCTION audit_command() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.done_at, NEW.stored_at), NEW.principal, NEW.operation,
            COALESCE('request/' || NEW.request_id, 'person/' || NEW.person_id, 'command/' || NEW.command_id),
            NEW.status, 'command/' || NEW.command_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Kind and reason of a hold stay where need to know guards them.
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.lifted_at, NEW.placed_at), COALESCE(NEW.lifted_by, NEW.placed_by),
            CASE WHEN NEW.lifted_at IS NULL THEN 'hold.place' ELSE 'hold.lift' END, 'hold/' || NEW.hold_id, 'done',
            COALESCE('command/' || NEW.lifted_command, ''));
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.stopped_at, NEW.sent_at, NEW.authorised_at), NEW.authorised_by, 'dispatch.' || NEW.kind,
            'request/' || NEW.request_id, NEW.status, 'dispatch/' || NEW.dispatch_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_legal_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.recorded_at, NEW.recorded_by, 'legal_event.record', 'person/' || NEW.person_id, 'done',
            'legal_event/' || NEW.legal_event_id);
    RETURN NULL;
END
$$;

-- Keys are made, replaced and destroyed by processes and operators: the login
-- says which. It runs as its owner because nobody else may delete salts.
CREATE FUNCTION audit_person_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = traveldoc, pg_temp AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.destroyed_at, NEW.made_at), 'database/' || session_user,
            CASE WHEN NEW.destroyed_at IS NULL THEN 'person_key.replace' ELSE 'person_key.destroy' END,
            'person/' || NEW.person_id, 'done', '');
    IF NEW.destroyed_at IS NOT NULL THEN
        DELETE FROM audit_salts WHERE person_id = NEW.person_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_shared_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.retired_at, NEW.made_at), 'database/' || session_user,
            CASE WHEN NEW.retired_at IS NULL THEN 'shared_key.make' ELSE 'shared_key.retire' END,
            'shared_key/' || NEW.key_id, 'done', NEW.purpose);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_retention_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.released_at, NEW.placed_at), COALESCE(NEW.released_by, NEW.placed_by),
            CASE WHEN NEW.released_at IS NULL THEN 'retention_hold.place' ELSE 'retention_hold.release' END,
            'person/' || NEW.person_id, 'done', 'retention_hold/' || NEW.retention_hold_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_custody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.derived_at, 'system', 'custody.derive', 'person/' || NEW.person_id,
            CASE WHEN NEW.detained THEN 'detained' ELSE 'not_detained' END, 'rules/' || NEW.rules);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.settled_at, NEW.sending_at, NEW.claimed_at), 'system', 'mail.' || NEW.kind,
            'message/' || NEW.message_id, NEW.status, 'recipient/' || NEW.recipient);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_sign_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.signed_in_at, NEW.subject, 'sign_in', 'session', 'done', '');
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_stored AFTER INSERT ON commands FOR EACH ROW EXECUTE FUNCTION audit_command();
CREATE TRIGGER audit_finished AFTER UPDATE OF status ON commands FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION audit_command();
CREATE TRIGGER audit_placed AFTER INSERT ON holds FOR EACH ROW EXECUTE FUNCTION audit_hold();
CREATE TRIGGER audit_lifted AFTER UPDATE OF lifted_at ON holds FOR EACH ROW
    WHEN (OLD.lifted_at IS DISTINCT FROM NEW.lifted_at) EXECUTE FUNCTION audit_hold();
CREATE TRIGGER audit_authorised AFTER INSERT ON dispatches FOR EACH ROW EXECUTE FUNCTION audit_dispatch();
CREATE TRIGGER audit_dispatched AFTER UPDATE OF status ON dispatches FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION audit_dispatch();
CREATE TRIGGER audit_recorded AFTER INSERT ON legal_events FOR EACH ROW EXECUTE FUNCTION audit_legal_event();
-- That a key is wrapped anew changes nothing about what it opens.
CREATE TRIGGER audit_rekeyed AFTER UPDATE ON person_keys FOR EACH ROW
    WHEN (OLD.made_at <> NEW.made_at AND NEW.destroyed_at IS NULL) EXECUTE FUNCTION audit_person_key();
CREATE TRIGGER audit_shredded AFTER UPDATE ON person_keys FOR EACH ROW
    WHEN (OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL) EXECUTE FUNCTION audit_person_key();
CREATE TRIGGER audit_never_keyed AFTER INSERT ON person_keys FOR EACH ROW
    WHEN (NEW.destroyed_at IS NOT NULL) EXECUTE FUNCTION audit_person_key();
CREATE TRIGGER audit_shared_made AFTER INSERT ON shared_keys FOR EACH ROW EXECUTE FUNCTION audit_shared_key();
CREATE TRIGGER audit_shared_retired AFTER UPDATE OF retired_at ON shared_keys FOR EACH ROW
    WHEN (OLD.retired_at IS DISTINCT FROM NEW.retired_at) EXECUTE FUNCTION audit_shared_key();
CREATE TRIGGER audit_kept AFTER INSERT ON retention_holds FOR EACH ROW EXECUTE FUNCTION audit_retention_hold();
CREATE TRIGGER audit_released AFTER UPDATE OF released_at ON retention_holds FOR EACH ROW
    WHEN (OLD.released_at IS DISTINCT FROM NEW.released_at) EXECUTE FUNCTION audit_retention_hold();
CREATE TRIGGER audit_derived AFTER INSERT OR UPDATE ON custody_clocks FOR EACH ROW EXECUTE FUNCTION audit_custody();
CREATE TRIGGER audit_claimed AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION audit_message();
CREATE TRIGGER audit_mailed AFTER UPDATE OF status ON messages FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION audit_message();
CREATE TRIGGER audit_signed_in AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION audit_sign_in();

GRANT SELECT, INSERT ON audit_entries, audit_salts TO traveldoc_app;
GRANT SELECT ON audit_hashes, audit_checkpoints TO traveldoc_app;

GRANT USAGE ON SCHEMA traveldoc TO traveldoc_sequencer;
GRANT SELECT, UPDATE (number) ON audit_entries TO traveldoc_sequencer;
GRANT SELECT, INSERT ON audit_hashes, audit_checkpoints TO traveldoc_sequencer;
