-- name: AddPerson :exec
INSERT INTO persons (person_id, created_at) VALUES (@person_id, @created_at);

-- name: LockPerson :one
-- The fence: every send and every hold about a person goes through this row.
SELECT fence FROM persons WHERE person_id = @person_id FOR NO KEY UPDATE;

-- name: LiveRequestOf :one
SELECT request_id FROM requests WHERE person_id = ANY (same_human(@person_id::uuid)) AND country = @country AND live;

-- name: AddOrder :exec
INSERT INTO orders (order_id, person_id, request_id, type, dated, source_sha256, country, recorded_at, recorded_by)
VALUES (@order_id, @person_id, @request_id, @type, @dated, @source_sha256, @country, @recorded_at, @recorded_by);

-- name: AddRequest :exec
INSERT INTO requests (request_id, code, person_id, country, post, field_office, officer, predecessor, high_harm,
    pack_version, pack_hash, stage, stage_since, opened_at)
VALUES (@request_id, @code, @person_id, @country, @post, @field_office, @officer, sqlc.narg(predecessor), @high_harm,
    @pack_version, @pack_hash, 'opening', @opened_at, @opened_at);

-- name: AbandonRequest :exec
UPDATE requests SET live = false WHERE request_id = @request_id AND seq = 0;
