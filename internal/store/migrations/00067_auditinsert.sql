-- +goose Up
-- Numbers are the sequencer's alone: a row that brought its own would stand in
-- its way for good, because nobody may remove it.
REVOKE INSERT ON audit_entries FROM traveldoc_app;
GRANT INSERT (at, actor, action, object, outcome, source, commitments) ON audit_entries TO traveldoc_app;
