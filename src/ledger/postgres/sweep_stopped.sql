-- Dispatches of cancelled and expired alerts are done when nothing of them is under way.
UPDATE dispatch SET state = 'done'
 WHERE (alert, route) IN (SELECT alert, route FROM dispatch d
                           WHERE state <> 'done' AND queued = 0 AND in_flight = 0
                             AND EXISTS (SELECT FROM alert a
                                          WHERE a.id = d.alert AND a.phase IN ('cancelled', 'expired'))
                           ORDER BY alert, route FOR NO KEY UPDATE)
   AND state <> 'done' AND queued = 0 AND in_flight = 0
