-- The next people of the audience in order of id, each with the carrier's route or the reason for being left out: no address
-- on any route of the alert (SMS if the last parameter says so, the telephone, the contacts). A number that is a target already, or comes earlier in this chunk, is a duplicate.
-- Few people come as a list, many are looked for among all.
INSERT INTO temp.freeze_chunk (person, phone, area, route, reason)
WITH routing AS (
  SELECT value ->> 0 AS carrier, value ->> 1 AS route FROM json_each(?5)
), picked AS (
  SELECT id, phone, area, carrier, opted_out_at
    FROM person p
   WHERE ?13 IS NULL AND id > ?2 AND id <= ?3
     AND CASE WHEN ?9 THEN EXISTS (SELECT 1 FROM reached k WHERE k.alert = ?1 AND k.person = p.id)
              ELSE ?6 OR area IN (SELECT value FROM json_each(?7))
                   OR EXISTS (SELECT 1 FROM membership m JOIN people_group g ON g.id = m.people_group
                               WHERE m.person = p.id AND g.slug IN (SELECT value FROM json_each(?8))) END
  UNION ALL
  SELECT p.id, p.phone, p.area, p.carrier, p.opted_out_at
    FROM json_each(?13) l CROSS JOIN person p ON p.id = l.value
   WHERE p.id > ?2 AND p.id <= ?3
   ORDER BY id LIMIT ?4
), judged AS (
  SELECT p.id, p.phone, p.area, CASE WHEN p.phone IS NOT NULL THEN r.route END AS route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN r.route IS NOT NULL AND p.phone IS NOT NULL THEN NULL
              WHEN ?10 <> '[]' AND p.phone IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(?10) l WHERE NOT EXISTS
                (SELECT 1 FROM contact c WHERE c.route = l.value AND c.address = p.phone AND c.opted_out_at IS NOT NULL)) THEN NULL
              WHEN ?11 <> '[]' AND EXISTS (SELECT 1 FROM contact c
                WHERE c.person = p.id AND c.route IN (SELECT value FROM json_each(?11)) AND c.follows = 1 AND c.opted_out_at IS NULL) THEN NULL
              WHEN NOT ?12 THEN 'no-channel'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              ELSE 'no-route' END AS reason
    FROM picked p LEFT JOIN routing r ON r.carrier = p.carrier
)
SELECT id, phone, area, route,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN row_number() OVER (PARTITION BY reason IS NULL, coalesce(phone, 'person ' || id) ORDER BY id) > 1 THEN 'duplicate'
            WHEN EXISTS (SELECT 1 FROM target t WHERE t.alert = ?1 AND t.phone = judged.phone) THEN 'duplicate' END
  FROM judged
