-- The dispatches grow by the same targets; in one that has ended meanwhile they end at once.
UPDATE dispatch d
   SET end_seq = end_seq + t.n, accepted = accepted + t.n,
       queued = queued + CASE WHEN ended_as IS NULL THEN t.n ELSE 0 END,
       expired = expired + CASE WHEN ended_as = 'expired' THEN t.n ELSE 0 END,
       cancelled = cancelled + CASE WHEN ended_as = 'cancelled' THEN t.n ELSE 0 END
  FROM (SELECT route, count(*) AS n FROM target WHERE alert = $1 AND seq > $2 AND seq <= $3 GROUP BY route) t
 WHERE d.alert = $1 AND d.route = t.route
   AND d.route IN (SELECT route FROM dispatch WHERE alert = $1 ORDER BY route FOR NO KEY UPDATE)
