-- Keeps receipts whose submission is not known yet.
INSERT INTO unmatched_receipt (lane, address, verdict, code, provider_at, received_at, raw)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
  FROM json_each(?1) ORDER BY key
RETURNING id
