-- Removes retries and says whether they were under way.
DELETE FROM retry
 WHERE (alert, route, seq) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1))
RETURNING alert, route, seq, claim IS NOT NULL
