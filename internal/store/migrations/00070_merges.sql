-- +goose Up
-- Two records of persons that turn out to be one human. Nothing of either is
-- rewritten: a row says that they are one, and another day that they are not.

CREATE TABLE person_merges (
    merge_id      uuid PRIMARY KEY,                -- id of the command
    survivor      uuid NOT NULL REFERENCES persons,
    merged        uuid NOT NULL REFERENCES persons,
    reason        text NOT NULL,                   -- a code
    source_sha256 text NOT NULL,
    merged_by     text NOT NULL,
    merged_at     timestamptz NOT NULL,
    undone_with   uuid UNIQUE,                     -- id of the command that split them
    undone_by     text,
    undone_at     timestamptz,
    undone_reason text,
    undone_source_sha256 text,
    CHECK (survivor <> merged),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_with IS NULL)
        AND (undone_at IS NULL) = (undone_reason IS NULL) AND (undone_at IS NULL) = (undone_source_sha256 IS NULL))
);
CREATE UNIQUE INDEX merged_once ON person_merges (merged) WHERE undone_at IS NULL;
CREATE INDEX merges_of_survivor ON person_merges (survivor);
CREATE INDEX merges_of_merged ON person_merges (merged);

-- The records that are one human with a person now, the person's own among them.
-- A record is merged into one that is itself merged into none.
CREATE FUNCTION same_human(person uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    WITH head AS (
        SELECT COALESCE((SELECT m.survivor FROM person_merges m WHERE m.merged = person AND m.undone_at IS NULL), person) AS id
    )
    SELECT ARRAY(SELECT id FROM head UNION SELECT m.merged FROM head JOIN person_merges m ON m.survivor = head.id AND m.undone_at IS NULL)
$$;

-- The same, and whoever was one with any of them once: what was written while
-- they were one may lie under the key of either.
CREATE FUNCTION ever_one_human(person uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE known AS (
        SELECT person AS id
        UNION
        SELECT CASE WHEN m.survivor = known.id THEN m.merged ELSE m.survivor END
        FROM known JOIN person_merges m ON known.id IN (m.survivor, m.merged)
    )
    SELECT ARRAY(SELECT id FROM known)
$$;

-- Whom a hold binds beside the person it names: everyone who was one human with
-- them while it stood. That they are found to be two frees neither.
CREATE TABLE hold_bindings (
    hold_id   uuid NOT NULL REFERENCES holds,
    person_id uuid NOT NULL REFERENCES persons,
    fence     bigint NOT NULL,                     -- this person's fence version that the binding made
    PRIMARY KEY (hold_id, person_id)
);
CREATE INDEX hold_bindings_of_person ON hold_bindings (person_id);

-- Holds by the person they bind, under that person's fence version.
CREATE VIEW bound_holds AS
SELECT h.person_id AS binds, h.fence AS bound_at_fence, h.hold_id, h.scope, h.country, h.request_id, h.lifted_at, h.placed_at
FROM holds h
UNION ALL
SELECT b.person_id, b.fence, h.hold_id, h.scope, h.country, h.request_id, h.lifted_at, h.placed_at
FROM hold_bindings b JOIN holds h USING (hold_id)
WHERE b.person_id <> h.person_id;

-- Whose a thing was found to be that came while two records were one. The rest stays where it was entered.
CREATE TABLE split_assignments (
    merge_id    uuid NOT NULL REFERENCES person_merges,
    kind        text NOT NULL CHECK (kind IN ('request', 'document', 'data_sheet', 'hold', 'flag', 'legal_event', 'nationality', 'notification')),
    thing_id    uuid NOT NULL,
    was_under   uuid NOT NULL REFERENCES persons,
    person_id   uuid NOT NULL REFERENCES persons,
    assigned_by text NOT NULL,
    assigned_at timestamptz NOT NULL,
    PRIMARY KEY (merge_id, kind, thing_id)
);

-- +goose StatementBegin
-- An assignment is the only way in which a row goes to another person. It runs
-- as its owner: the application may not change what happened.
CREATE FUNCTION audit_assignment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = traveldoc, pg_temp AS $$
BEGIN
    IF NEW.person_id <> NEW.was_under THEN
        CASE NEW.kind
            -- It goes on binding whom it bound: only one that says so beside the name may name another.
            WHEN 'hold' THEN UPDATE holds SET person_id = NEW.person_id WHERE hold_id = NEW.thing_id AND person_id = NEW.was_under
                AND kind <> 'citizenship_claim' AND EXISTS (SELECT FROM hold_bindings b WHERE b.hold_id = NEW.thing_id AND b.person_id = NEW.was_under);
            WHEN 'flag' THEN UPDATE person_flags SET person_id = NEW.person_id WHERE flag_id = NEW.thing_id AND person_id = NEW.was_under;
            WHEN 'nationality' THEN UPDATE claimed_nationalities SET person_id = NEW.person_id WHERE claim_id = NEW.thing_id AND person_id = NEW.was_under;
            WHEN 'notification' THEN UPDATE consular_notifications SET person_id = NEW.person_id WHERE notification_id = NEW.thing_id AND person_id = NEW.was_under;
            ELSE RAISE EXCEPTION 'what is sealed, and what dates follow from, stays with its record' USING ERRCODE = 'check_violation';
        END CASE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'it is not theirs to go to another' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.assigned_at, NEW.assigned_by, 'person.assign', NEW.kind || '/' || NEW.thing_id, 'person/' || NEW.person_id, 'merge/' || NEW.merge_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.undone_at, NEW.merged_at), COALESCE(NEW.undone_by, NEW.merged_by),
            CASE WHEN NEW.undone_at IS NULL THEN 'person.merge' ELSE 'person.split' END, 'person/' || NEW.merged,
            'person/' || NEW.survivor, 'merge/' || NEW.merge_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_assigned AFTER INSERT ON split_assignments FOR EACH ROW EXECUTE FUNCTION audit_assignment();
CREATE TRIGGER audit_merged AFTER INSERT ON person_merges FOR EACH ROW EXECUTE FUNCTION audit_merge();
CREATE TRIGGER audit_split AFTER UPDATE OF undone_at ON person_merges FOR EACH ROW
    WHEN (OLD.undone_at IS DISTINCT FROM NEW.undone_at) EXECUTE FUNCTION audit_merge();

GRANT SELECT, INSERT ON person_merges, hold_bindings, split_assignments TO traveldoc_app;
GRANT UPDATE (undone_with, undone_by, undone_at, undone_reason, undone_source_sha256) ON person_merges TO traveldoc_app;
GRANT SELECT ON bound_holds TO traveldoc_app;
