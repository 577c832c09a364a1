-- People chosen by commune or group, by the indexes; as many as the last parameter from each, some perhaps twice.
(SELECT id FROM person WHERE area = ANY ($1::text[]) LIMIT $3)
UNION ALL
(SELECT m.person FROM people_group g JOIN membership m ON m.people_group = g.id WHERE g.slug = ANY ($2::text[]) LIMIT $3)
