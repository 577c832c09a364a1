-- The retries of a claim are under way.
UPDATE retry SET claim = ?3 WHERE alert = ?1 AND route = ?2 AND seq IN (SELECT value FROM json_each(?4))
