-- The memberships that an import gives.
INSERT INTO membership (people_group, person)
SELECT g.id, p.id
  FROM json_each(?1) j
  JOIN person p ON p.external_id = j.value ->> 0
  JOIN people_group g ON g.slug = j.value ->> 1
 WHERE true
ON CONFLICT DO NOTHING
