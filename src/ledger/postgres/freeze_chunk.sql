-- The next people of the audience in order of id, each with the carrier's route or the reason for being left out: no address
-- on any route of the alert (SMS if the last parameter says so, the telephone, the contacts). A number that is a target already, or comes earlier in this chunk, is a duplicate.
-- Few people come as a list, many are looked for among all.
INSERT INTO pg_temp.freeze_chunk (person, phone, area, route, reason)
WITH picked AS MATERIALIZED (
  (SELECT id, phone, area, carrier, opted_out_at
    FROM person p
   WHERE $14::bigint[] IS NULL AND id > $2 AND id <= $3
     AND CASE WHEN $10 THEN id IN (SELECT k.person FROM reached k WHERE k.alert = $1)
              ELSE $7 OR area = ANY ($8::text[])
                   OR id IN (SELECT m.person FROM membership m JOIN people_group g ON g.id = m.people_group
                              WHERE g.slug = ANY ($9::text[])) END
    ORDER BY id LIMIT $4)
  UNION ALL
  (SELECT p.id, p.phone, p.area, p.carrier, p.opted_out_at
    FROM unnest($14::bigint[]) AS l (id) JOIN person p ON p.id = l.id
   WHERE p.id > $2 AND p.id <= $3
   ORDER BY p.id LIMIT $4)
), judged AS (
  SELECT p.id, p.phone, p.area, CASE WHEN p.phone IS NOT NULL THEN r.route END AS route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN r.route IS NOT NULL AND p.phone IS NOT NULL THEN NULL
              WHEN cardinality($11::bigint[]) > 0 AND p.phone IS NOT NULL AND EXISTS (SELECT FROM unnest($11::bigint[]) AS l (route) WHERE NOT EXISTS
                (SELECT FROM contact c WHERE c.route = l.route AND c.address = p.phone AND c.opted_out_at IS NOT NULL)) THEN NULL
              WHEN cardinality($12::bigint[]) > 0 AND EXISTS (SELECT FROM contact c
                WHERE c.person = p.id AND c.route = ANY ($12::bigint[]) AND c.follows = 1 AND c.opted_out_at IS NULL) THEN NULL
              WHEN NOT $13 THEN 'no-channel'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              ELSE 'no-route' END AS reason
    FROM picked p LEFT JOIN unnest($5::text[], $6::bigint[]) AS r (carrier, route) ON r.carrier = p.carrier
)
SELECT id, phone, area, route,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN row_number() OVER (PARTITION BY reason IS NULL, coalesce(phone, 'person ' || id) ORDER BY id) > 1 THEN 'duplicate'
            WHEN (SELECT true FROM target t WHERE t.alert = $1
                AND t.phone = judged.phone LIMIT 1) IS NOT NULL THEN 'duplicate' END
  FROM judged
