-- The next people of the audience in order of id, each with its route or the reason for being left out; a number
-- that is a target already, or comes earlier in this chunk, is a duplicate.
INSERT INTO temp.freeze_chunk (person, phone, area, route, reason)
WITH routing AS (
  SELECT value ->> 0 AS carrier, value ->> 1 AS route FROM json_each(?5)
), picked AS (
  SELECT id, phone, area, carrier, opted_out_at
    FROM person p
   WHERE id > ?2 AND id <= ?3
     AND (?6 OR area IN (SELECT value FROM json_each(?7))
             OR EXISTS (SELECT 1 FROM membership m JOIN people_group g ON g.id = m.people_group
                         WHERE m.person = p.id AND g.slug IN (SELECT value FROM json_each(?8))))
   ORDER BY id LIMIT ?4
), judged AS (
  SELECT p.id, p.phone, p.area, r.route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              WHEN r.route IS NULL THEN 'no-route' END AS reason
    FROM picked p LEFT JOIN routing r ON r.carrier = p.carrier
)
SELECT id, phone, area, route,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN row_number() OVER (PARTITION BY reason IS NULL, phone ORDER BY id) > 1 THEN 'duplicate'
            WHEN EXISTS (SELECT 1 FROM target t WHERE t.alert = ?1 AND t.phone = judged.phone) THEN 'duplicate' END
  FROM judged
