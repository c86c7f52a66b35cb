-- name: HoldPerson :one
-- The fence row of the person: what changes a package and what sends it take turns.
SELECT fence FROM persons WHERE person_id = @person_id FOR NO KEY UPDATE;

-- name: AddPackage :exec
INSERT INTO outgoing_packages (package_id, request_id, person_id, content, country, post, sheet_version, pages, bytes, prepared_at, prepared_by)
VALUES (@package_id, @request_id, @person_id, @content, @country, @post, @sheet_version, @pages, @bytes, @prepared_at, @prepared_by);

-- name: AddItem :exec
-- What a document is, its uploader alone has said, so it counts as on the list only
-- once somebody has disclosed it, which its uploader cannot, and who does not prepare
-- this package either.
INSERT INTO package_items (package_id, position, kind, document_id, type, sha256, pages, needs_review)
VALUES (@package_id, @position, @kind, sqlc.narg(document_id), @type, @sha256, @pages, @off_list::boolean OR @kind = 'document' AND NOT EXISTS (
    SELECT FROM package_items i JOIN disclosures d USING (package_id, position)
    WHERE i.document_id = sqlc.narg(document_id) AND d.decision = 'disclose'
        AND d.decided_by <> (SELECT p.prepared_by FROM outgoing_packages p WHERE p.package_id = @package_id)));

-- name: AddContent :exec
INSERT INTO package_contents (package_id, manifest, pdf) VALUES (@package_id, @manifest, @pdf);

-- name: Packages :many
-- Newest first; by id, or of a request, or of a request by its content.
SELECT p.*, s.void, s.undisclosed FROM outgoing_packages p JOIN package_standing s USING (package_id)
WHERE (sqlc.narg(package_id)::uuid IS NULL OR p.package_id = sqlc.narg(package_id))
    AND (sqlc.narg(request_id)::uuid IS NULL OR p.request_id = sqlc.narg(request_id))
    AND (sqlc.narg(content)::text IS NULL OR p.content = sqlc.narg(content))
ORDER BY p.ordinal DESC;

-- name: Items :many
-- Entered by whoever uploaded the document, or wrote that version of the data sheet.
SELECT i.package_id, i.position, i.kind, i.document_id, i.type, i.sha256, i.pages, i.needs_review,
    COALESCE(e.uploaded_by, s.set_by, '')::text AS entered_by, COALESCE(d.decision, '')::text AS decision,
    COALESCE(d.reason, '')::text AS reason, COALESCE(d.decided_by, '')::text AS decided_by, d.decided_at
FROM package_items i
JOIN outgoing_packages p USING (package_id)
LEFT JOIN disclosures d USING (package_id, position)
LEFT JOIN documents e USING (document_id)
LEFT JOIN data_sheets s ON i.kind = 'data_sheet' AND s.person_id = p.person_id AND s.version = p.sheet_version
WHERE i.package_id = ANY (@package_ids::uuid[]) ORDER BY i.package_id, i.position;

-- name: Content :one
SELECT p.person_id, c.manifest, c.pdf FROM outgoing_packages p JOIN package_contents c USING (package_id) WHERE p.package_id = @package_id;

-- name: Manifest :one
SELECT p.person_id, c.manifest FROM outgoing_packages p JOIN package_contents c USING (package_id) WHERE p.package_id = @package_id;

-- name: AddDisclosure :exec
INSERT INTO disclosures (package_id, position, decision, reason, decided_at, decided_by, command_id)
VALUES (@package_id, @position, @decision, @reason, @decided_at, @decided_by, @command_id);

-- name: DisclosuresOfCommand :one
SELECT count(*) FROM disclosures WHERE command_id = @command_id;

-- name: NewestSheet :one
SELECT * FROM data_sheets WHERE person_id = @person_id ORDER BY version DESC LIMIT 1;

-- name: Sheet :one
SELECT * FROM data_sheets WHERE sheet_id = @sheet_id;

-- name: AddSheet :exec
INSERT INTO data_sheets (sheet_id, person_id, version, fields, set_at, set_by)
VALUES (@sheet_id, @person_id, @version, @fields, @set_at, @set_by);
