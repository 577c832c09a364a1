-- The memberships of people that an import changes, to be replaced.
DELETE FROM membership
 WHERE person IN (SELECT id FROM person WHERE external_id IN (SELECT value FROM json_each(?1)))
