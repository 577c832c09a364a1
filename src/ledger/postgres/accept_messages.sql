-- Targets become messages, numbered after those their dispatch has.
INSERT INTO message (alert, route, seq, target_seq, address)
SELECT t.alert, t.route, d.end_seq - 1 + row_number() OVER (PARTITION BY t.route ORDER BY t.seq), t.seq, t.phone
  FROM target t JOIN dispatch d ON d.alert = t.alert AND d.route = t.route
 WHERE t.alert = $1 AND t.seq > $2 AND t.seq <= $3
 ORDER BY t.route, t.seq
