-- What was personal before the vault, read once more while migrating. Every
-- query on it is in this file.

-- name: UnsealedFields :many
-- Values by person, row and column that the vault does not hold yet.
SELECT coalesce(u.person_id::text, '')::text AS person_id, u.row_id::uuid AS row_id, u.field::text AS field, u.value::text AS value
FROM (
    SELECT person_id, person_id AS row_id, 'person_details.family_name' AS field, family_name AS value FROM person_details
    UNION ALL
    SELECT person_id, person_id, 'person_details.given_names', given_names FROM person_details
    UNION ALL
    SELECT person_id, person_id, 'person_details.birth_date', to_char(birth_date, 'YYYY-MM-DD') FROM person_details
    UNION ALL
    SELECT person_id, person_id, 'person_details.a_number', a_number FROM person_details
    UNION ALL
    SELECT o.person_id, d.order_id, 'order_details.number', d.number
    FROM order_details d LEFT JOIN orders o ON o.order_id = d.order_id
    UNION ALL
    SELECT coalesce(c.person_id, r.person_id), t.command_id, 'command_texts.text', t.text
    FROM command_texts t
        LEFT JOIN commands c ON c.command_id = t.command_id
        LEFT JOIN requests r ON r.request_id = coalesce(t.request_id, c.request_id)
    UNION ALL
    SELECT r.person_id, n.reference, 'document_numbers.number', n.number
    FROM document_numbers n LEFT JOIN requests r ON r.request_id = n.request_id
) AS u
WHERE u.value <> '' AND NOT EXISTS (SELECT FROM sealed_fields s WHERE s.row_id = u.row_id AND s.field = u.field)
ORDER BY u.row_id LIMIT @max_rows;

-- name: LockUnsealed :exec
LOCK TABLE person_details, order_details, command_texts, document_numbers IN ACCESS EXCLUSIVE MODE;

-- name: EmptyUnsealed :exec
TRUNCATE person_details, order_details, command_texts, document_numbers;
