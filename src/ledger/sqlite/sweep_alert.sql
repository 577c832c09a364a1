-- Ends alerts.
UPDATE alert SET phase = ?2, ended_at = ?3, updated_at = ?3 WHERE id = ?1
