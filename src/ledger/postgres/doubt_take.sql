-- Removes doubts and says what they were.
DELETE FROM doubt x
 USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS j (alert, route, seq)
 WHERE x.alert = j.alert AND x.route = j.route AND x.seq = j.seq
RETURNING x.alert, x.route, x.seq, x.kind
