-- +goose Up
-- Counsel's consent to asking another country than the one that the order of
-- removal names: of one request, one order's country and one country asked.
CREATE TABLE country_consents (
    consent_id    uuid PRIMARY KEY,                -- the command id
    request_id    uuid NOT NULL REFERENCES requests,
    order_country text NOT NULL,
    country       text NOT NULL,
    reason        text NOT NULL,                   -- a code
    source_sha256 text NOT NULL,
    consented_by  text NOT NULL,
    consented_at  timestamptz NOT NULL,
    CHECK (order_country <> country)
);
CREATE INDEX consents_of_request ON country_consents (request_id);

-- +goose StatementBegin
CREATE FUNCTION audit_country_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entries (at, actor, action, object, outcome, source)
    VALUES (NEW.consented_at, NEW.consented_by, 'country.consent', 'request/' || NEW.request_id, 'done', 'command/' || NEW.consent_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_consented AFTER INSERT ON country_consents FOR EACH ROW EXECUTE FUNCTION audit_country_consent();

GRANT SELECT, INSERT ON country_consents TO traveldoc_app;
