-- Keeps receipts that do not themselves close a message of one part.
INSERT INTO receipt (alert, route, seq, attempt, part, verdict, code, provider_at, received_at, raw)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9
  FROM json_each(?1)
