-- The memberships of people that an import changes, to be replaced.
DELETE FROM membership
 WHERE person IN (SELECT id FROM person WHERE external_id = ANY ($1::text[]))
