-- Appends answers; one that is there already stays as it is.
INSERT INTO submission (alert, route, seq, attempt, part, lane, outcome, reference, code, reason, at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9
  FROM json_each(?1) WHERE true
ON CONFLICT DO NOTHING
