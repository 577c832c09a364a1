-- What an audience would come to: people by route, or by the reason for being left out.
WITH routing AS (
  SELECT value ->> 0 AS carrier, value ->> 1 AS route FROM json_each(?4)
), judged AS (
  SELECT p.id, p.phone, r.route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              WHEN r.route IS NULL THEN 'no-route' END AS reason
    FROM person p LEFT JOIN routing r ON r.carrier = p.carrier
   WHERE ?1 OR p.area IN (SELECT value FROM json_each(?2))
            OR EXISTS (SELECT 1 FROM membership m JOIN people_group g ON g.id = m.people_group
                        WHERE m.person = p.id AND g.slug IN (SELECT value FROM json_each(?3)))
), ranked AS (
  SELECT route, coalesce(reason, CASE WHEN row_number() OVER (PARTITION BY reason IS NULL, phone ORDER BY id) > 1
                                      THEN 'duplicate' END) AS reason
    FROM judged
)
SELECT CASE WHEN reason IS NULL THEN route END, reason, count(*) FROM ranked GROUP BY 1, 2 ORDER BY 1, 2
