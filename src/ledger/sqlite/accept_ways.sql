-- Targets with several addresses become messages on every route of the first step that has one.
INSERT INTO message (alert, route, seq, target_seq, address, step)
WITH way AS (
  SELECT t.seq AS target, t.route, t.phone AS address
    FROM target t WHERE t.alert = ?1 AND t.seq > ?2 AND t.seq <= ?3 AND t.route IS NOT NULL
  UNION ALL
  SELECT l.seq, l.route, l.address FROM leg l WHERE l.alert = ?1 AND l.seq > ?2 AND l.seq <= ?3
), first AS (
  SELECT w.target, w.route, w.address, d.step, d.end_seq, min(d.step) OVER (PARTITION BY w.target) AS begins
    FROM way w JOIN dispatch d ON d.alert = ?1 AND d.route = w.route
)
SELECT ?1, route, end_seq - 1 + row_number() OVER (PARTITION BY route ORDER BY target), target, address, step
  FROM first WHERE step = begins ORDER BY route, target
