-- Receipts by number: only where one message alone is uncertain there, and has one part.
SELECT j.n, min(x.alert), min(x.route), min(x.seq), min(x.attempt)
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS j (n, lane, address)
  JOIN doubt x ON x.lane = j.lane AND x.address = j.address AND x.kind = 'uncertain'
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 GROUP BY j.n HAVING count(*) = 1 AND max(d.parts) = 1
