-- The dispatches grow by the messages that lie beyond their end; in one that has ended meanwhile these end at once.
UPDATE dispatch d
   SET end_seq = end_seq + t.n, accepted = accepted + t.n,
       queued = queued + CASE WHEN ended_as IS NULL THEN t.n ELSE 0 END,
       expired = expired + CASE WHEN ended_as = 'expired' THEN t.n ELSE 0 END,
       cancelled = cancelled + CASE WHEN ended_as = 'cancelled' THEN t.n ELSE 0 END
  FROM (SELECT e.route, (SELECT count(*) FROM message m
                          WHERE m.alert = e.alert AND m.route = e.route AND m.seq >= e.end_seq) AS n
          FROM dispatch e WHERE e.alert = $1) t
 WHERE d.alert = $1 AND d.route = t.route
   AND d.route IN (SELECT route FROM dispatch WHERE alert = $1 ORDER BY route FOR NO KEY UPDATE)
