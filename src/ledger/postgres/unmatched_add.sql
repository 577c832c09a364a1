-- Keeps receipts whose submission is not known yet.
INSERT INTO unmatched_receipt (lane, address, verdict, code, provider_at, received_at, raw)
SELECT lane, address, verdict, code, provider_at, received_at, raw
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[]) WITH ORDINALITY
       AS j (lane, address, verdict, code, provider_at, received_at, raw, n)
 ORDER BY n
RETURNING id
