-- Remembers how far the fan-out has come.
UPDATE alert SET fanned_to = $2 WHERE id = $1
