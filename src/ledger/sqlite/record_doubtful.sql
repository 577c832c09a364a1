-- Receipts by number: only where one message alone is uncertain there, has one part, and no other alert that was under
-- way since may have written to that number: its receipt may come before its answer is known, or after a crash without one.
-- (CROSS: dispatches are few and targets are many; each is asked for by its number.)
SELECT j.value ->> 0, min(x.alert), min(x.route), min(x.seq), min(x.attempt)
  FROM json_each(?1) j
  JOIN doubt x ON x.lane = j.value ->> 1 AND x.address = j.value ->> 2 AND x.kind = 'uncertain'
  JOIN dispatch d ON d.alert = x.alert AND d.route = x.route
 WHERE NOT EXISTS (SELECT 1 FROM dispatch o CROSS JOIN target t ON t.alert = o.alert AND t.phone = x.address
                    WHERE o.route = x.route AND o.alert <> x.alert AND o.cursor > 1 AND o.expires_at >= x.at)
 GROUP BY j.value ->> 0 HAVING count(*) = 1 AND max(d.parts) = 1
