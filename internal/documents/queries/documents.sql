-- name: HoldPersonsDocuments :exec
-- Counting and adding are one act of one caller at a time for each person.
SELECT pg_advisory_xact_lock(hashtextextended('traveldoc/documents/' || @person_id::text, 0));

-- name: CountDocuments :one
SELECT count(*) AS of_person, count(*) FILTER (WHERE request_id = sqlc.narg(request_id)) AS of_request
FROM documents WHERE person_id = @person_id AND withdrawn_at IS NULL;

-- name: AddDocument :exec
INSERT INTO documents (document_id, person_id, request_id, type, media_type, pages, dropped,
    original_file, original_bytes, original_sha256, sanitised_file, sanitised_bytes, sanitised_sha256, text_file,
    uploaded_by, uploaded_at)
VALUES (@document_id, @person_id, @request_id, @type, @media_type, @pages, @dropped,
    @original_file, @original_bytes, @original_sha256, @sanitised_file, @sanitised_bytes, @sanitised_sha256, @text_file,
    @uploaded_by, @uploaded_at);

-- name: Document :one
SELECT * FROM documents WHERE document_id = @document_id;

-- name: DocumentsOfPerson :many
-- Oldest first, withdrawn ones included.
SELECT * FROM documents WHERE person_id = @person_id ORDER BY uploaded_at, document_id;

-- name: WithdrawDocument :execrows
UPDATE documents SET withdrawn_by = @withdrawn_by, withdrawn_at = @withdrawn_at, withdrawn_for = @withdrawn_for,
    withdrawn_with = @withdrawn_with
WHERE document_id = @document_id AND withdrawn_at IS NULL;

-- name: KnownFiles :many
-- Those of the given files that a document has, or that a command which is not
-- yet carried out will give one.
SELECT f.id::uuid AS file FROM unnest(@files::uuid[]) AS f(id)
WHERE EXISTS (SELECT FROM documents d WHERE f.id IN (d.original_file, d.sanitised_file, d.text_file))
    OR EXISTS (SELECT FROM commands c WHERE c.operation = 'upload_document' AND c.done_at IS NULL
        AND f.id::text IN (c.input->>'OriginalFile', c.input->>'SanitisedFile', c.input->>'TextFile'));
