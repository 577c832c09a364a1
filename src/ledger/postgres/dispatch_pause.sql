-- Open dispatches stop or go on.
UPDATE dispatch SET state = $2
 WHERE (alert, route) IN (SELECT alert, route FROM dispatch WHERE alert = $1 ORDER BY route FOR NO KEY UPDATE)
   AND state <> 'done'
