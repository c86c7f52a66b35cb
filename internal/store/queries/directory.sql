-- name: NewestDirectory :one
SELECT loaded_at, sha256, content FROM directory ORDER BY loaded_at DESC LIMIT 1;

-- name: NewestDirectoryHash :one
SELECT sha256 FROM directory ORDER BY loaded_at DESC LIMIT 1;

-- name: AddDirectory :exec
INSERT INTO directory (loaded_at, sha256, content) VALUES (@loaded_at, @sha256, @content)
ON CONFLICT (loaded_at) DO UPDATE SET sha256 = excluded.sha256, content = excluded.content;

-- name: PutIssuer :exec
INSERT INTO issuers (issuer, post, valid_from, valid_to, source)
VALUES (@issuer, @post, @valid_from, sqlc.narg(valid_to), @source)
ON CONFLICT (issuer, post, valid_from) DO UPDATE SET valid_to = excluded.valid_to, source = excluded.source;

-- name: IssuerOfRequest :one
SELECT r.post, COALESCE((
    SELECT e.data ->> 'issuer' FROM events e WHERE e.request_id = r.request_id AND e.type = 'issued' ORDER BY e.seq DESC LIMIT 1
), '')::text AS issuer
FROM requests r WHERE r.request_id = @request_id;

-- name: IssuerListed :one
SELECT EXISTS (
    SELECT FROM issuers WHERE issuer = @issuer AND post = @post AND valid_from <= @day::date
        AND (valid_to IS NULL OR valid_to >= @day::date)
);
