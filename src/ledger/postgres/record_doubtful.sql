-- Receipts by number: only where one message alone is uncertain there, has one part, and no other alert that was under
-- way since may have written to that number: its receipt may come before its answer is known, or after a crash without one.
SELECT j.n, min(x.alert), min(x.route), min(x.seq), min(x.attempt)
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS j (n, lane, address)
  JOIN doubt x ON x.lane = j.lane AND x.address = j.address AND x.kind = 'uncertain'
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 WHERE NOT EXISTS (SELECT 1 FROM dispatch o JOIN target t ON t.alert = o.alert AND t.phone = x.address
                    WHERE o.route = x.route AND o.alert <> x.alert AND o.cursor > 1 AND o.expires_at >= x.at)
 GROUP BY j.n HAVING count(*) = 1 AND max(d.parts) = 1
