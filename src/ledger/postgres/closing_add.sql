-- Ends messages.
INSERT INTO closing (alert, route, seq, verdict, attempt, code, provider_at, at, raw)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
                     $8::bigint[], $9::text[])
