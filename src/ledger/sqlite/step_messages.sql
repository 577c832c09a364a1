-- A later step: those who had a message before, and none that was delivered, get one on this step's routes.
INSERT INTO message (alert, route, seq, target_seq, address, step)
WITH way AS (
  SELECT t.seq AS target, t.route, t.phone AS address
    FROM target t WHERE t.alert = ?1 AND t.seq > ?2 AND t.seq <= ?3 AND t.route IS NOT NULL
  UNION ALL
  SELECT l.seq, l.route, l.address FROM leg l WHERE l.alert = ?1 AND l.seq > ?2 AND l.seq <= ?3
)
SELECT ?1, w.route, d.end_seq - 1 + row_number() OVER (PARTITION BY w.route ORDER BY w.target), w.target, w.address, d.step
  FROM way w JOIN dispatch d ON d.alert = ?1 AND d.route = w.route AND d.step = ?4
 WHERE EXISTS (SELECT 1 FROM message m INDEXED BY message_person
                WHERE m.alert = ?1 AND m.target_seq = w.target AND m.step > 0 AND m.step < ?4)
   AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_person JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
                    WHERE m.alert = ?1 AND m.target_seq = w.target AND m.step > 0 AND c.verdict = 'delivered')
   AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_person
                    WHERE m.alert = ?1 AND m.target_seq = w.target AND m.step > 0 AND m.route = w.route)
 ORDER BY w.route, w.target
