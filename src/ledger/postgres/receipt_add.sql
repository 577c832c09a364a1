-- Keeps receipts that do not themselves close a message of one part.
INSERT INTO receipt (alert, route, seq, attempt, part, verdict, code, provider_at, received_at, raw)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                     $8::bigint[], $9::bigint[], $10::text[])
