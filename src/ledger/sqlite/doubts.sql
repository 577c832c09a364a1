-- Messages in doubt on these routes, the oldest first.
SELECT x.alert, x.route, x.seq, x.attempt, x.address, x.at
  FROM dispatch d JOIN doubt x ON x.alert = d.alert AND x.route = d.route
 WHERE d.uncertain > 0 AND x.kind = 'uncertain' AND d.route IN (SELECT value FROM json_each(?1)) ORDER BY x.at, x.alert, x.seq LIMIT ?2
