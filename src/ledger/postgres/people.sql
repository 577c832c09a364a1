-- People of an area or a group, page by page.
SELECT p.id, p.external_id, p.phone, p.carrier, p.carrier_source, p.area, p.name, p.opted_out_at, p.updated_at,
       (SELECT coalesce(array_agg(g.slug ORDER BY g.slug), '{}') FROM membership m JOIN people_group g ON g.id = m.people_group
         WHERE m.person = p.id)
  FROM person p
 WHERE p.id > $3 AND ($1::text IS NULL OR p.area = $1)
   AND ($2::text IS NULL OR (SELECT true FROM membership m JOIN people_group g ON g.id = m.people_group
                                     WHERE m.person = p.id AND g.slug = $2 LIMIT 1) IS NOT NULL)
 ORDER BY p.id LIMIT $4
