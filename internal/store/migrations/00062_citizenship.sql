-- +goose Up
-- What is on record of a person's claim to US citizenship, one row for each time
-- that changed. The newest row is the field; a person who has none never claimed.
-- It is need to know as the kind of a hold is.
CREATE TABLE citizenship_entries (
    entry_id      uuid PRIMARY KEY,                -- the command: the claim's hold, its lifting, or counsel's finding
    ordinal       bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- under the person's fence row, so in the order of what happened
    person_id     uuid NOT NULL REFERENCES persons,
    citizenship   text NOT NULL CHECK (citizenship IN ('claimed', 'citizen', 'not_upheld')),
    hold_id       uuid NOT NULL REFERENCES holds,  -- the claim
    source_sha256 text NOT NULL,
    entered_by    text NOT NULL,
    entered_at    timestamptz NOT NULL
);
CREATE INDEX citizenship_of_person ON citizenship_entries (person_id, ordinal);

-- The claims that are on record, and the liftings that answered a person's last one.
INSERT INTO citizenship_entries (entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at)
SELECT entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at FROM (
    SELECT hold_id AS entry_id, person_id, 'claimed' AS citizenship, hold_id, source_sha256, placed_by AS entered_by, placed_at AS entered_at
    FROM holds WHERE kind = 'citizenship_claim'
    UNION ALL
    SELECT h.lifted_command, h.person_id, 'not_upheld', h.hold_id, h.lift_source_sha256, h.lifted_by, h.lifted_at
    FROM holds h WHERE h.kind = 'citizenship_claim' AND h.lifted_command IS NOT NULL AND h.lift_source_sha256 IS NOT NULL
        AND NOT EXISTS (SELECT FROM holds o WHERE o.person_id = h.person_id AND o.kind = h.kind AND o.placed_at < h.lifted_at
            AND (o.lifted_at IS NULL OR o.lifted_at > h.lifted_at))
) known ORDER BY entered_at, entry_id;

-- +goose StatementBegin
CREATE FUNCTION audit_citizenship() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What was entered stays where need to know guards it.
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.entered_at, NEW.entered_by, 'citizenship.enter', 'person/' || NEW.person_id, 'done', 'command/' || NEW.entry_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_entered AFTER INSERT ON citizenship_entries FOR EACH ROW EXECUTE FUNCTION audit_citizenship();

GRANT SELECT, INSERT ON citizenship_entries TO traveldoc_app;
