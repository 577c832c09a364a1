-- An import is over.
UPDATE import SET state = $2, ended_at = $3, note = $4 WHERE id = $1
