-- Closes claims whose owner is gone.
UPDATE claim SET unsettled = 0, closed_at = $2 WHERE id = ANY ($1::bigint[]) AND closed_at IS NULL
