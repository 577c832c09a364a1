-- What an audience would come to. Kinds of rows: 0, people with an address on a route; 1, people left out and why;
-- 2, people with an address on any route. Few people come as a list, many are looked for among all.
WITH routing AS (
  SELECT value ->> 0 AS carrier, value ->> 1 AS route FROM json_each(?4)
), back AS MATERIALIZED (
  SELECT DISTINCT t.person FROM message m
    JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
   WHERE m.alert = ?7 AND CASE WHEN c.seq IS NOT NULL
              THEN c.verdict = 'delivered' OR (c.verdict = 'undelivered' AND d.parts > 1)
                   OR (c.verdict <> 'undelivered' AND EXISTS (SELECT 1 FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                        AND s.seq = m.seq AND s.outcome = 'accepted'))
              WHEN x.seq IS NOT NULL THEN true
              WHEN r.seq IS NOT NULL AND r.claim IS NULL
              THEN r.possible_repeat = 1 OR EXISTS (SELECT 1 FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                 AND s.seq = m.seq AND s.outcome = 'accepted')
              ELSE m.seq < d.cursor END
), picked AS (
  SELECT id, phone, carrier, opted_out_at FROM person p
   WHERE ?9 IS NULL
     AND CASE WHEN ?7 IS NOT NULL THEN p.id IN (SELECT person FROM back)
              ELSE ?1 OR p.area IN (SELECT value FROM json_each(?2))
                   OR EXISTS (SELECT 1 FROM membership m JOIN people_group g ON g.id = m.people_group
                               WHERE m.person = p.id AND g.slug IN (SELECT value FROM json_each(?3))) END
  UNION ALL
  SELECT p.id, p.phone, p.carrier, p.opted_out_at FROM json_each(?9) l CROSS JOIN person p ON p.id = l.value
), judged AS MATERIALIZED (
  SELECT p.id, p.phone, CASE WHEN p.phone IS NOT NULL THEN r.route END AS route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN r.route IS NOT NULL AND p.phone IS NOT NULL THEN NULL
              WHEN ?5 <> '[]' AND p.phone IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(?5) l WHERE NOT EXISTS
                (SELECT 1 FROM contact c WHERE c.route = l.value AND c.address = p.phone AND c.opted_out_at IS NOT NULL)) THEN NULL
              WHEN ?6 <> '[]' AND EXISTS (SELECT 1 FROM contact c
                WHERE c.person = p.id AND c.route IN (SELECT value FROM json_each(?6)) AND c.follows = 1 AND c.opted_out_at IS NULL) THEN NULL
              WHEN NOT ?8 THEN 'no-channel'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              ELSE 'no-route' END AS reason
    FROM picked p LEFT JOIN routing r ON r.carrier = p.carrier
), shared AS MATERIALIZED (
  -- Few numbers are on the lists twice: only those have to be put in order.
  SELECT phone FROM person WHERE ?9 IS NULL AND phone IS NOT NULL GROUP BY phone HAVING count(*) > 1
  UNION ALL
  SELECT phone FROM judged WHERE ?9 IS NOT NULL AND phone IS NOT NULL GROUP BY phone HAVING count(*) > 1
), repeated AS MATERIALIZED (
  SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY phone ORDER BY id) AS n
                    FROM judged WHERE reason IS NULL AND phone IN (SELECT phone FROM shared))
   WHERE n > 1
), ranked AS MATERIALIZED (
  SELECT id, phone, route, CASE WHEN reason IS NOT NULL THEN reason
                                WHEN id IN (SELECT id FROM repeated) THEN 'duplicate' END AS reason
    FROM judged
)
SELECT 0 AS kind, r.route, NULL AS reason, count(*)
  FROM (SELECT DISTINCT route FROM routing) r CROSS JOIN ranked k ON k.route = r.route
 WHERE k.reason IS NULL GROUP BY r.route
UNION ALL
SELECT 0, l.value, NULL, count(*) FROM ranked k CROSS JOIN json_each(?5) l
 WHERE k.reason IS NULL AND k.phone IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.route = l.value AND c.address = k.phone AND c.opted_out_at IS NOT NULL)
 GROUP BY l.value
UNION ALL
SELECT 0, c.route, NULL, count(DISTINCT k.id) FROM ranked k JOIN contact c ON c.person = k.id
 WHERE k.reason IS NULL AND c.route IN (SELECT value FROM json_each(?6)) AND c.follows = 1 AND c.opted_out_at IS NULL GROUP BY c.route
UNION ALL
SELECT 1, NULL, reason, count(*) FROM ranked WHERE reason IS NOT NULL GROUP BY reason
UNION ALL
SELECT 2, NULL, NULL, count(*) FROM ranked WHERE reason IS NULL
