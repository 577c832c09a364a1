-- A person opts out, or in again.
UPDATE person SET opted_out_at = CASE WHEN $2 THEN coalesce(opted_out_at, $3) END, updated_at = $3 WHERE id = $1
