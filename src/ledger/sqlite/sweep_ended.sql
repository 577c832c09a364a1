-- Alerts with nothing left to wait for, and how they ended: expired if none of it was ever sent.
SELECT a.id, a.phase,
       CASE WHEN sum(d.parts_submitted + d.uncertain) = 0
                 AND sum(CASE WHEN d.ended_as = 'expired' THEN 0 ELSE 1 END) = 0 THEN 'expired' ELSE 'completed' END
  FROM alert a JOIN dispatch d ON d.alert = a.id
 WHERE a.phase IN ('dispatching', 'paused') AND a.fanned_to = a.targets
   AND (a.expires_at <= ?1 OR NOT EXISTS (SELECT 1 FROM step s WHERE s.alert = a.id AND s.ended_at IS NULL))
 GROUP BY a.id, a.phase, a.expires_at
HAVING sum(d.queued + d.in_flight + d.sent) = 0 AND (sum(d.uncertain) = 0 OR a.expires_at <= ?1)
 ORDER BY a.id LIMIT ?2
