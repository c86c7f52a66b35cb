-- name: RecipientFindings :one
-- Which country the newest order of a request names, which one the request asks,
-- what nationalities are on record of the person, by claim or by order, and
-- whether counsel consented to that pair of countries. One document, or two of one
-- day, are one order, which names what was recorded of it first: entering it again
-- with another request gives it no other country.
SELECT r.country, COALESCE(o.country, '')::text AS order_country,
    ARRAY(
        SELECT n.country FROM claimed_nationalities n WHERE n.person_id = ANY (same_human(r.person_id))
        UNION SELECT a.country FROM orders a WHERE a.person_id = ANY (same_human(r.person_id))
        ORDER BY 1
    )::text[] AS nationalities,
    EXISTS (
        SELECT FROM country_consents c WHERE c.request_id = r.request_id AND c.country = r.country AND c.order_country = o.country
    ) AS consented
FROM requests r
LEFT JOIN LATERAL (
    SELECT f.country FROM orders o JOIN orders f ON f.person_id = ANY (same_human(r.person_id))
        AND (f.order_id = o.order_id OR f.dated = o.dated OR f.source_sha256 = o.source_sha256)
    WHERE o.request_id = r.request_id ORDER BY o.recorded_at DESC, o.order_id, f.recorded_at, f.order_id LIMIT 1
) o ON true
WHERE r.request_id = @request_id;

-- name: AddCountryConsent :exec
INSERT INTO country_consents (consent_id, request_id, order_country, country, reason, source_sha256, consented_by, consented_at)
VALUES (@consent_id, @request_id, @order_country, @country, @reason, @source_sha256, @consented_by, @consented_at)
ON CONFLICT (consent_id) DO NOTHING;

-- name: CountryConsent :one
SELECT * FROM country_consents WHERE consent_id = @consent_id;

-- name: CountryConsents :many
SELECT * FROM country_consents WHERE request_id = @request_id ORDER BY consented_at, consent_id;
