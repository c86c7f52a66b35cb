-- name: BeginSession :exec
INSERT INTO sessions (session_hash, subject, name, roles, offices, countries, posts, signed_in_at, used_at, ends_at)
VALUES (@session_hash, @subject, @name, @roles, @offices, @countries, @posts, @now, @now, @ends_at);

-- name: Session :one
-- A session lives as long as both of its limits lie ahead.
SELECT subject, name, roles, offices, countries, posts, used_at, ends_at FROM sessions
WHERE session_hash = @session_hash AND ends_at > @now::timestamptz AND used_at > @idle_since::timestamptz;

-- name: TouchSession :exec
UPDATE sessions SET used_at = @now WHERE session_hash = @session_hash AND used_at < @now;

-- name: EndSession :exec
WITH ended AS (DELETE FROM sessions WHERE session_hash = @session_hash RETURNING subject)
INSERT INTO audit_entries (at, actor, action, object, outcome, source)
SELECT @now::timestamptz, subject, 'sign_out', 'session', 'done', '' FROM ended;

-- name: ForgetSessions :exec
DELETE FROM sessions WHERE ends_at <= @now::timestamptz OR used_at <= @idle_since::timestamptz;
