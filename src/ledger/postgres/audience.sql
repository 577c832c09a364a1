-- What an audience would come to. Kinds of rows: 0, people with an address on a route; 1, people left out and why;
-- 2, people with an address on any route. Few people come as a list, many are looked for among all.
WITH back AS MATERIALIZED (
  SELECT DISTINCT t.person FROM message m
    JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
   WHERE m.alert = $8 AND CASE WHEN c.seq IS NOT NULL
              THEN c.verdict = 'delivered' OR (c.verdict = 'undelivered' AND d.parts > 1)
                   OR (c.verdict <> 'undelivered' AND EXISTS (SELECT FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                        AND s.seq = m.seq AND s.outcome = 'accepted'))
              WHEN x.seq IS NOT NULL THEN true
              WHEN r.seq IS NOT NULL AND r.claim IS NULL
              THEN r.possible_repeat = 1 OR EXISTS (SELECT FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                 AND s.seq = m.seq AND s.outcome = 'accepted')
              ELSE m.seq < d.cursor END
), picked AS (
  SELECT id, phone, carrier, opted_out_at FROM person p
   WHERE $10::bigint[] IS NULL
     AND CASE WHEN $8::bigint IS NOT NULL THEN p.id IN (SELECT person FROM back)
              ELSE $1 OR p.area = ANY ($2::text[])
                   OR p.id IN (SELECT m.person FROM membership m JOIN people_group g ON g.id = m.people_group
                                WHERE g.slug = ANY ($3::text[])) END
  UNION ALL
  SELECT p.id, p.phone, p.carrier, p.opted_out_at FROM unnest($10::bigint[]) AS l (id) JOIN person p ON p.id = l.id
), judged AS MATERIALIZED (
  SELECT p.id, p.phone, CASE WHEN p.phone IS NOT NULL THEN r.route END AS route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN r.route IS NOT NULL AND p.phone IS NOT NULL THEN NULL
              WHEN cardinality($6::bigint[]) > 0 AND p.phone IS NOT NULL AND EXISTS (SELECT FROM unnest($6::bigint[]) AS l (route) WHERE NOT EXISTS
                (SELECT FROM contact c WHERE c.route = l.route AND c.address = p.phone AND c.opted_out_at IS NOT NULL)) THEN NULL
              WHEN cardinality($7::bigint[]) > 0 AND EXISTS (SELECT FROM contact c
                WHERE c.person = p.id AND c.route = ANY ($7::bigint[]) AND c.follows = 1 AND c.opted_out_at IS NULL) THEN NULL
              WHEN NOT $9 THEN 'no-channel'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              ELSE 'no-route' END AS reason
    FROM picked p LEFT JOIN unnest($4::text[], $5::bigint[]) AS r (carrier, route) ON r.carrier = p.carrier
), ranked AS MATERIALIZED (
  SELECT id, phone, route,
         coalesce(reason, CASE WHEN row_number() OVER (PARTITION BY reason IS NULL, coalesce(phone, 'person ' || id)
                                                       ORDER BY id) > 1 THEN 'duplicate' END) AS reason
    FROM judged
)
SELECT 0::bigint AS kind, route, NULL AS reason, count(*) FROM ranked WHERE reason IS NULL AND route IS NOT NULL GROUP BY route
UNION ALL
SELECT 0::bigint, l.route, NULL, count(*) FROM ranked k CROSS JOIN unnest($6::bigint[]) AS l (route)
 WHERE k.reason IS NULL AND k.phone IS NOT NULL
   AND NOT EXISTS (SELECT FROM contact c WHERE c.route = l.route AND c.address = k.phone AND c.opted_out_at IS NOT NULL)
 GROUP BY l.route
UNION ALL
SELECT 0::bigint, c.route, NULL, count(DISTINCT k.id) FROM ranked k JOIN contact c ON c.person = k.id
 WHERE k.reason IS NULL AND c.route = ANY ($7::bigint[]) AND c.follows = 1 AND c.opted_out_at IS NULL GROUP BY c.route
UNION ALL
SELECT 1::bigint, NULL, reason, count(*) FROM ranked WHERE reason IS NOT NULL GROUP BY reason
UNION ALL
SELECT 2::bigint, NULL, NULL, count(*) FROM ranked WHERE reason IS NULL
