-- +goose Up
-- From here on the vault keeps what is personal. Whoever migrates moves the rows
-- that are there and empties these tables; nobody writes to them any more.
REVOKE INSERT, UPDATE ON person_details, order_details, command_texts, document_numbers FROM traveldoc_app;
COMMENT ON COLUMN sealed_fields.sealed IS 'personal';
