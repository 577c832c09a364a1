-- Ends dispatches whose time is over: what was never claimed expires at once.
UPDATE dispatch
   SET ended_as = 'expired', expired = expired + (end_seq - cursor), queued = queued - (end_seq - cursor)
 WHERE (alert, route) IN (SELECT alert, route FROM dispatch
                           WHERE state <> 'done' AND ended_as IS NULL AND expires_at <= $1
                           ORDER BY alert, route FOR NO KEY UPDATE)
   AND state <> 'done' AND ended_as IS NULL
RETURNING end_seq - cursor
