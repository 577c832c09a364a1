-- The memberships that an import gives.
INSERT INTO membership (people_group, person)
SELECT g.id, p.id
  FROM unnest($1::text[], $2::text[]) AS j (external_id, slug)
  JOIN person p USING (external_id)
  JOIN people_group g USING (slug)
 ORDER BY g.id, p.id
ON CONFLICT DO NOTHING
