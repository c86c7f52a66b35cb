-- name: EnterCitizenship :exec
-- Under the person's fence row, which LockPerson holds.
INSERT INTO citizenship_entries (entry_id, person_id, citizenship, hold_id, source_sha256, entered_by, entered_at)
VALUES (@entry_id, @person_id, @citizenship, @hold_id, @source_sha256, @entered_by, @entered_at)
ON CONFLICT (entry_id) DO NOTHING;

-- name: CitizenshipEntries :many
SELECT * FROM citizenship_entries WHERE person_id = @person_id ORDER BY ordinal;

-- name: Citizenship :one
-- The field: what was entered last, or nothing.
SELECT COALESCE((
    SELECT citizenship FROM citizenship_entries WHERE person_id = @person_id ORDER BY ordinal DESC LIMIT 1
), '')::text AS citizenship;

-- name: FoundCitizen :one
-- Whether the last answer to a claim says so, of whichever record of the human: that
-- somebody claims it once more takes nothing back.
SELECT EXISTS (
    SELECT FROM unnest(same_human(@person_id::uuid)) AS record (id)
    WHERE (SELECT citizenship FROM citizenship_entries e WHERE e.person_id = record.id AND e.citizenship <> 'claimed'
        ORDER BY e.ordinal DESC LIMIT 1) = 'citizen'
);

-- name: CitizenshipClaimStands :one
-- Of a record that was one human with the person's, too.
SELECT EXISTS (
    SELECT FROM bound_holds b JOIN holds h USING (hold_id)
    WHERE b.binds = @person_id AND h.kind = 'citizenship_claim' AND b.lifted_at IS NULL
);

-- name: WorkedOn :many
-- Who is or ever was the case officer of a request of the persons or opened it, and who
-- gathered, prepared, approved, authorised or sent what was to leave of them.
WITH theirs AS (
    SELECT r.request_id, r.officer FROM requests r WHERE r.person_id = ANY (CAST(@persons::text[] AS uuid[]))
)
SELECT t.officer AS worker FROM theirs t
UNION SELECT e.data ->> 'officer' FROM events e JOIN theirs t USING (request_id) WHERE e.type = 'opened'
UNION SELECT unnest(ARRAY[e.data ->> 'from', e.data ->> 'to']) FROM events e JOIN theirs t USING (request_id) WHERE e.type = 'reassigned'
UNION SELECT e.actor FROM events e JOIN theirs t USING (request_id)
    WHERE e.type IN ('opened', 'review_requested', 'approved', 'sent', 'information_answered')
UNION SELECT s.set_by FROM data_sheets s WHERE s.person_id = ANY (CAST(@persons::text[] AS uuid[]))
UNION SELECT d.uploaded_by FROM documents d WHERE d.person_id = ANY (CAST(@persons::text[] AS uuid[]))
UNION SELECT p.prepared_by FROM outgoing_packages p JOIN theirs t USING (request_id)
UNION SELECT d.authorised_by FROM dispatches d JOIN theirs t USING (request_id)
UNION SELECT h.handed_over_by FROM hand_overs h JOIN dispatches d USING (dispatch_id) JOIN theirs t USING (request_id)
UNION SELECT s.submitted_by FROM submissions s JOIN dispatches d USING (dispatch_id) JOIN theirs t USING (request_id);
