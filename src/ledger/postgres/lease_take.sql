-- Takes or renews a lane that is free, over or ours; the epoch stays only when a live lease is renewed.
UPDATE lane
   SET epoch = CASE WHEN owner = $2 AND until > $3 THEN epoch ELSE epoch + 1 END,
       owner = $2, until = $4, ready = $5
 WHERE id = $1 AND (owner IS NULL OR until <= $3 OR owner = $2)
RETURNING epoch
