-- +goose Up
-- Likenesses no longer count what can't be seen in a name. They are derived, and
-- whoever is missing is entered anew before the service starts.
DELETE FROM person_likeness;

-- +goose Down
