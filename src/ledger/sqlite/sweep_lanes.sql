-- Lanes whose lease is over while claims are open: the epoch grows first, so that a stale owner is refused.
UPDATE lane SET epoch = epoch + 1, owner = NULL, until = 0, ready = 0
 WHERE owner IS NOT NULL AND until <= ?1
   AND EXISTS (SELECT 1 FROM claim WHERE lane = lane.id AND closed_at IS NULL)
