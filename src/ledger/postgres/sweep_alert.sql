-- Ends alerts that are still in the phase they were found in.
UPDATE alert SET phase = $2, ended_at = $3, updated_at = $3 WHERE id = $1 AND phase = $4
