-- Ends dispatches whose time is over: what was never claimed expires at once.
UPDATE dispatch
   SET ended_as = 'expired', expired = expired + (end_seq - cursor), queued = queued - (end_seq - cursor)
 WHERE state <> 'done' AND ended_as IS NULL AND expires_at <= ?1
RETURNING end_seq - cursor
