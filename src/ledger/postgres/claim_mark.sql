-- The retries of a claim are under way.
UPDATE retry SET claim = $3 WHERE alert = $1 AND route = $2 AND seq = ANY ($4::bigint[])
