-- name: NewestDirectory :one
SELECT loaded_at, sha256, content FROM directory ORDER BY loaded_at DESC LIMIT 1;

-- name: NewestDirectoryHash :one
SELECT sha256 FROM directory ORDER BY loaded_at DESC LIMIT 1;

-- name: AddDirectory :exec
INSERT INTO directory (loaded_at, sha256, content) VALUES (@loaded_at, @sha256, @content)
ON CONFLICT (loaded_at) DO UPDATE SET sha256 = excluded.sha256, content = excluded.content;

-- name: ListIssuer :execrows
INSERT INTO issuers (issuer, post, valid_from, valid_to, source, listed_by, listed_at)
VALUES (@issuer, @post, @valid_from, sqlc.narg(valid_to), @source, @listed_by, @listed_at)
ON CONFLICT (issuer, post, valid_from) DO NOTHING;

-- name: EndIssuer :execrows
-- A listing is ended once, and never before it began.
UPDATE issuers SET valid_to = @valid_to, end_source = @end_source, ended_by = @ended_by, ended_at = @ended_at
WHERE issuer = @issuer AND post = @post AND valid_from = @valid_from AND ended_at IS NULL AND valid_from <= @valid_to;

-- name: Issuer :one
SELECT * FROM issuers WHERE issuer = @issuer AND post = @post AND valid_from = @valid_from;

-- name: Issuers :many
SELECT * FROM issuers WHERE post = @post ORDER BY issuer, valid_from;

-- name: IssuerOfRequest :one
-- Who issued the newest document, and when.
SELECT r.post, COALESCE(e.data ->> 'issuer', '')::text AS issuer,
    COALESCE(e.occurred_at, r.opened_at)::timestamptz AS issued_at
FROM requests r
LEFT JOIN LATERAL (
    SELECT e.data, e.occurred_at FROM events e WHERE e.request_id = r.request_id AND e.type = 'issued' ORDER BY e.seq DESC LIMIT 1
) e ON true
WHERE r.request_id = @request_id;

-- name: IssuerListed :one
SELECT EXISTS (
    SELECT FROM issuers i WHERE i.issuer = @issuer AND i.post = @post
) AS known, EXISTS (
    SELECT FROM issuers i WHERE i.issuer = @issuer AND i.post = @post AND i.valid_from <= @day::date
        AND (i.valid_to IS NULL OR i.valid_to >= @day::date)
) AS listed;
