-- Dispatches of cancelled and expired alerts are done when nothing of them is under way.
UPDATE dispatch SET state = 'done'
 WHERE state <> 'done' AND queued = 0 AND in_flight = 0
   AND EXISTS (SELECT 1 FROM alert a WHERE a.id = dispatch.alert AND a.phase IN ('cancelled', 'expired'))
