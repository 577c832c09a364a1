-- Removes doubts and says what they were.
DELETE FROM doubt
 WHERE (alert, route, seq) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1))
RETURNING alert, route, seq, kind
