-- name: OpenBreakGlass :exec
INSERT INTO break_glass (command_id, subject, request_id, opened_at, ends_at)
VALUES (@command_id, @subject, @request_id, @opened_at, @ends_at)
ON CONFLICT (command_id) DO NOTHING;

-- name: BreakGlassEnd :one
SELECT ends_at FROM break_glass WHERE command_id = @command_id;

-- name: BreakGlassOpen :one
SELECT EXISTS (
    SELECT FROM break_glass WHERE subject = @subject AND request_id = @request_id AND opened_at <= @at AND ends_at > @at
);
