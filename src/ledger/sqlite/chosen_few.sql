-- People chosen by commune or group, by the indexes; as many as the last parameter from each, some perhaps twice.
SELECT * FROM (SELECT id FROM person WHERE area IN (SELECT value FROM json_each(?1)) LIMIT ?3)
UNION ALL
SELECT * FROM (SELECT m.person FROM people_group g CROSS JOIN membership m ON m.people_group = g.id
                WHERE g.slug IN (SELECT value FROM json_each(?2)) LIMIT ?3)
