-- A group is made or renamed.
INSERT INTO people_group (slug, name, exercise, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, exercise = excluded.exercise
