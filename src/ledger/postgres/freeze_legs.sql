-- Addresses of the new targets on routes other than the carriers'.
INSERT INTO leg (alert, seq, route, address)
SELECT t.alert, t.seq, l.route, t.phone
  FROM target t CROSS JOIN unnest($3::bigint[]) AS l (route)
 WHERE t.alert = $1 AND t.seq > $2 AND t.phone IS NOT NULL
   AND NOT EXISTS (SELECT FROM contact c WHERE c.route = l.route AND c.address = t.phone AND c.opted_out_at IS NOT NULL)
UNION ALL
SELECT t.alert, t.seq, c.route, min(c.address)
  FROM target t JOIN contact c ON c.person = t.person
 WHERE t.alert = $1 AND t.seq > $2 AND c.route = ANY ($4::bigint[]) AND c.follows = 1 AND c.opted_out_at IS NULL
 GROUP BY t.alert, t.seq, c.route
