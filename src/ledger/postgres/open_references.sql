-- Accepted parts whose message is still open, the newest first.
SELECT s.reference, s.alert, s.route, s.seq, s.attempt, s.part, m.address
  FROM submission s JOIN message m ON m.alert = s.alert AND m.route = s.route AND m.seq = s.seq
 WHERE s.lane = $1 AND s.outcome = 'accepted' AND s.reference IS NOT NULL
   AND NOT EXISTS (SELECT FROM closing c WHERE c.alert = s.alert AND c.route = s.route AND c.seq = s.seq)
 ORDER BY s.alert DESC, s.route DESC, s.seq DESC, s.attempt DESC, s.part DESC LIMIT $2
