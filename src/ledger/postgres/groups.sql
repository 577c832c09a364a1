-- All groups with how many people they have.
SELECT g.slug, g.name, g.exercise, (SELECT count(*) FROM membership m WHERE m.people_group = g.id)
  FROM people_group g ORDER BY g.slug
