-- The people a batch names, as they are.
SELECT p.external_id, p.phone, p.carrier, p.carrier_source, p.area, p.name, p.opted_out_at IS NOT NULL,
       (SELECT coalesce(array_agg(g.slug ORDER BY g.slug), '{}') FROM membership m JOIN people_group g ON g.id = m.people_group
         WHERE m.person = p.id)
  FROM person p WHERE p.external_id = ANY ($1::text[])
