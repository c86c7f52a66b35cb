-- Every query on personal fields is in this file, so that encrypting them changes nothing else.

-- name: AddPersonDetails :exec
INSERT INTO person_details (person_id, family_name, given_names, birth_date, a_number)
VALUES (@person_id, @family_name, @given_names, @birth_date, @a_number);

-- name: PersonDetails :one
SELECT * FROM person_details WHERE person_id = @person_id;

-- name: PersonByANumber :one
SELECT person_id, birth_date FROM person_details WHERE a_number = @a_number AND a_number <> '';

-- name: AddOrderNumber :exec
INSERT INTO order_details (order_id, number) VALUES (@order_id, @number);

-- name: OrderNumber :one
SELECT number FROM order_details WHERE order_id = @order_id;

-- name: AddCommandText :exec
INSERT INTO command_texts (command_id, request_id, text) VALUES (@command_id, sqlc.narg(request_id), @text)
ON CONFLICT (command_id) DO NOTHING;

-- name: CommandText :one
SELECT text FROM command_texts WHERE command_id = @command_id;

-- name: AddDocumentNumber :exec
INSERT INTO document_numbers (reference, request_id, number) VALUES (@reference, @request_id, @number)
ON CONFLICT (reference) DO NOTHING;

-- name: DocumentNumber :one
SELECT number FROM document_numbers WHERE reference = @reference;
