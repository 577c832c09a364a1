-- All routes.
SELECT id, name FROM route ORDER BY id
