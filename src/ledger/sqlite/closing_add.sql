-- Ends messages.
INSERT INTO closing (alert, route, seq, verdict, attempt, code, provider_at, at, raw)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8
  FROM json_each(?1)
