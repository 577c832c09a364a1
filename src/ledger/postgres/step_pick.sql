-- A step to work on: it is due, or nothing before it is open any more; all targets have had their first step.
SELECT s.alert, s.n, s.done_to, a.targets, a.expires_at
  FROM step s JOIN alert a ON a.id = s.alert
 WHERE s.ended_at IS NULL AND a.phase = 'dispatching' AND a.fanned_to = a.targets
   AND NOT EXISTS (SELECT FROM step e WHERE e.alert = s.alert AND e.n < s.n AND e.ended_at IS NULL)
   AND (s.due_at <= $1 OR a.expires_at <= $1
        OR NOT EXISTS (SELECT FROM dispatch d WHERE d.alert = s.alert AND d.step < s.n AND d.page IS NULL
                          AND d.queued + d.in_flight + d.sent + d.uncertain > 0))
 ORDER BY s.alert LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED
