-- name: RecipientFindings :one
-- Which country the newest order of a request names, which one the request asks,
-- what nationalities are on record of the person, by claim or by order, and
-- whether counsel consented to that pair of countries.
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
    SELECT o.country FROM orders o WHERE o.request_id = r.request_id ORDER BY o.recorded_at DESC, o.order_id LIMIT 1
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
