-- The freeze is over: the alert is dispatched, or complete at once if it has neither target nor page. No row: it is not approved any more, or once more.
UPDATE alert
   SET phase = CASE WHEN targets = 0 AND NOT $4 THEN 'completed' ELSE 'dispatching' END,
       ended_at = CASE WHEN targets = 0 AND NOT $4 THEN $2::bigint END,
       frozen_at = $2, target_digest = $3, updated_at = $2
 WHERE id = $1 AND phase = 'approved' AND approved_at = $5 AND frozen_at IS NULL
RETURNING severity, uncertain, expires_at, targets
