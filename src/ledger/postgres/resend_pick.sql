-- Held doubts that a person sends again, while their dispatch is open.
SELECT x.alert, x.route, x.seq, x.attempt
  FROM dispatch d JOIN doubt x ON x.alert = d.alert AND x.route = d.route
 WHERE d.alert = $1 AND d.state <> 'done' AND d.ended_as IS NULL AND d.expires_at > $2 AND x.kind = 'uncertain'
