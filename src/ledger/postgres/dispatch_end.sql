-- Open dispatches end: what was never claimed ends with them.
UPDATE dispatch
   SET ended_as = $2, queued = queued - (end_seq - cursor),
       cancelled = cancelled + CASE WHEN $2 = 'cancelled' THEN end_seq - cursor ELSE 0 END,
       expired = expired + CASE WHEN $2 = 'expired' THEN end_seq - cursor ELSE 0 END
 WHERE (alert, route) IN (SELECT alert, route FROM dispatch WHERE alert = $1 ORDER BY route FOR NO KEY UPDATE)
   AND state <> 'done' AND ended_as IS NULL
