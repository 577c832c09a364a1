-- Remembers how far the step has come.
UPDATE step SET done_to = $3, ended_at = $4 WHERE alert = $1 AND n = $2
