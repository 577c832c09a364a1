-- Receipts by number: only where one message alone is uncertain there, and has one part.
SELECT j.value ->> 0, min(x.alert), min(x.route), min(x.seq), min(x.attempt)
  FROM json_each(?1) j
  JOIN doubt x ON x.lane = j.value ->> 1 AND x.address = j.value ->> 2 AND x.kind = 'uncertain'
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 GROUP BY j.value ->> 0 HAVING count(*) = 1 AND max(d.parts) = 1
