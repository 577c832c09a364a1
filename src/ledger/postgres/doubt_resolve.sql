-- Removes the doubts about messages that are proved sent; an overdue receipt stays overdue.
DELETE FROM doubt x
 USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS j (alert, route, seq)
 WHERE x.alert = j.alert AND x.route = j.route AND x.seq = j.seq AND x.kind = 'uncertain'
RETURNING x.alert, x.route, x.seq
