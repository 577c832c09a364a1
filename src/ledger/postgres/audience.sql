-- What an audience would come to: people by route, or by the reason for being left out.
WITH judged AS (
  SELECT p.id, p.phone, r.route,
         CASE WHEN p.opted_out_at IS NOT NULL THEN 'opted-out'
              WHEN p.phone IS NULL THEN 'no-phone'
              WHEN p.carrier IS NULL THEN 'no-carrier'
              WHEN r.route IS NULL THEN 'no-route' END AS reason
    FROM person p LEFT JOIN unnest($4::text[], $5::bigint[]) AS r (carrier, route) ON r.carrier = p.carrier
   WHERE $1 OR p.area = ANY ($2::text[])
            OR p.id IN (SELECT m.person FROM membership m JOIN people_group g ON g.id = m.people_group
                         WHERE g.slug = ANY ($3::text[]))
), ranked AS (
  SELECT route, coalesce(reason, CASE WHEN row_number() OVER (PARTITION BY reason IS NULL, phone ORDER BY id) > 1
                                      THEN 'duplicate' END) AS reason
    FROM judged
)
SELECT CASE WHEN reason IS NULL THEN route END, reason, count(*) FROM ranked GROUP BY 1, 2 ORDER BY 1, 2
