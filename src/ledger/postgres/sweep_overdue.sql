-- Sent messages of a range without a final receipt become unconfirmed.
INSERT INTO doubt (alert, route, seq, kind, attempt, lane, address, reason, at)
SELECT m.alert, m.route, m.seq, 'unconfirmed', max(s.attempt), max(s.lane), m.address, 'the receipt is overdue', $5::bigint
  FROM message m
  JOIN submission s ON s.alert = m.alert AND s.route = m.route AND s.seq = m.seq AND s.outcome = 'accepted'
                   AND s.seq > $3 AND s.seq <= $4
 WHERE m.alert = $1 AND m.route = $2 AND m.seq > $3 AND m.seq <= $4
   AND NOT EXISTS (SELECT FROM closing c WHERE c.alert = m.alert AND c.route = m.route AND c.seq = m.seq)
   AND NOT EXISTS (SELECT FROM doubt x WHERE x.alert = m.alert AND x.route = m.route AND x.seq = m.seq)
   AND NOT EXISTS (SELECT FROM retry r WHERE r.alert = m.alert AND r.route = m.route AND r.seq = m.seq)
 GROUP BY m.alert, m.route, m.seq, m.address
