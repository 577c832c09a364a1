-- Closes claims whose owner is gone.
UPDATE claim SET unsettled = 0, closed_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) AND closed_at IS NULL
