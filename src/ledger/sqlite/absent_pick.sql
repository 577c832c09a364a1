-- Of these messages those still in doubt whose dispatch is open.
SELECT x.alert, x.route, x.seq, x.attempt
  FROM json_each(?1) j
  JOIN doubt x ON x.alert = j.value ->> 0 AND x.route = j.value ->> 1 AND x.seq = j.value ->> 2
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 WHERE x.kind = 'uncertain' AND d.state <> 'done' AND d.ended_as IS NULL AND d.expires_at > ?2
