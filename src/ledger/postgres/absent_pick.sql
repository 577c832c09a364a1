-- Of these messages those still in doubt whose dispatch is open.
SELECT x.alert, x.route, x.seq, x.attempt
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS j (alert, route, seq)
  JOIN doubt x ON x.alert = j.alert AND x.route = j.route AND x.seq = j.seq
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 WHERE x.kind = 'uncertain' AND d.state <> 'done' AND d.ended_as IS NULL AND d.expires_at > $4
