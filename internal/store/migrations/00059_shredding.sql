-- +goose Up
-- What goes with a person's key. Salts of commitments are sealed under the key
-- itself since, so that a copy of the database tells nobody what is committed
-- to; packages are removed, sealed as they are, in the same transaction.

DROP TABLE audit_salts;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_person_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (COALESCE(NEW.destroyed_at, NEW.made_at), 'database/' || session_user,
            CASE WHEN NEW.destroyed_at IS NULL THEN 'person_key.replace' ELSE 'person_key.destroy' END,
            'person/' || NEW.person_id, 'done', '');
    RETURN NULL;
END
$$;

-- It runs as its owner because nobody else may remove a package.
CREATE FUNCTION shred_packages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = traveldoc, pg_temp AS $$
BEGIN
    DELETE FROM package_contents WHERE package_id IN (SELECT package_id FROM outgoing_packages WHERE person_id = NEW.person_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER shredded AFTER UPDATE ON person_keys FOR EACH ROW
    WHEN (OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL) EXECUTE FUNCTION shred_packages();

DELETE FROM package_contents WHERE package_id IN (
    SELECT p.package_id FROM outgoing_packages p JOIN person_keys k USING (person_id) WHERE k.destroyed_at IS NOT NULL);
