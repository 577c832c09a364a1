-- All lanes.
SELECT id, name FROM lane ORDER BY id
