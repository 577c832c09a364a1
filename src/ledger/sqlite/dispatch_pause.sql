-- Open dispatches stop or go on.
UPDATE dispatch SET state = ?2 WHERE alert = ?1 AND state <> 'done'
