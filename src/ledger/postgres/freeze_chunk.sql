-- The next people of the audience in order of id, each with its route or the reason for being left out; a number
-- that is a target already, or comes earlier in this chunk, is a duplicate.
INSERT INTO pg_temp.freeze_chunk (person, phone, area, route, reason)
WITH picked AS MATERIALIZED (
  SELECT id, phone, area, carrier, opted_out_at
    FROM person p
   WHERE id > $2 AND id <= $3
     AND ($7 OR area = ANY ($8::text[])
             OR id IN (SELECT m.person FROM membership m JOIN people_group g ON g.id = m.people_group
                        WHERE g.slug = ANY ($9::text[])))
   ORDER BY id LIMIT $4
), judged AS (
  SELECT p.id, p.phone, p.area, r.route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              WHEN r.route IS NULL THEN 'no-route' END AS reason
    FROM picked p LEFT JOIN unnest($5::text[], $6::bigint[]) AS r (carrier, route) ON r.carrier = p.carrier
)
SELECT id, phone, area, route,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN row_number() OVER (PARTITION BY reason IS NULL, phone ORDER BY id) > 1 THEN 'duplicate'
            WHEN (SELECT true FROM target t WHERE t.alert = $1
                AND t.phone = judged.phone LIMIT 1) IS NOT NULL THEN 'duplicate' END
  FROM judged
