-- Addresses of the new targets on routes other than the carriers'.
INSERT INTO leg (alert, seq, route, address)
SELECT t.alert, t.seq, l.value, t.phone
  FROM target t CROSS JOIN json_each(?3) l
 WHERE t.alert = ?1 AND t.seq > ?2 AND t.phone IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.route = l.value AND c.address = t.phone AND c.opted_out_at IS NOT NULL)
UNION ALL
SELECT t.alert, t.seq, c.route, min(c.address)
  FROM target t JOIN contact c ON c.person = t.person
 WHERE t.alert = ?1 AND t.seq > ?2 AND c.route IN (SELECT value FROM json_each(?4)) AND c.follows = 1 AND c.opted_out_at IS NULL
 GROUP BY t.alert, t.seq, c.route
