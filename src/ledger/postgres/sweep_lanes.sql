-- Lanes whose lease is over (by the given time, or the server's) while claims are open: the epoch grows first, so that a
-- stale owner is refused.
UPDATE lane SET epoch = epoch + 1, owner = NULL, until = 0, ready = 0
 WHERE id IN (SELECT id FROM lane l
               WHERE owner IS NOT NULL
                 AND until <= coalesce($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
                 AND EXISTS (SELECT FROM claim c WHERE c.lane = l.id AND c.closed_at IS NULL)
               ORDER BY id FOR NO KEY UPDATE)
   AND owner IS NOT NULL AND until <= coalesce($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
