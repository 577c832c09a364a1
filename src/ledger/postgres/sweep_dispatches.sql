-- Dispatches of an ended alert need no more work.
UPDATE dispatch SET state = 'done'
 WHERE (alert, route) IN (SELECT alert, route FROM dispatch WHERE alert = $1 ORDER BY route FOR NO KEY UPDATE)
   AND state <> 'done'
