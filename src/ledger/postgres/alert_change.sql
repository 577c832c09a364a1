-- A decided change of phase, if the alert still is where the decision found it.
UPDATE alert
   SET phase = $4, updated_at = $5,
       ended_at = CASE WHEN $4 IN ('completed', 'rejected', 'cancelled', 'expired') THEN $5 ELSE ended_at END
 WHERE id = $1 AND version = $2 AND phase = $3
