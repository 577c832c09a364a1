-- Takes or renews a lane that is free, over or ours; the epoch stays only when a live lease is renewed. Without a given
-- time it is the server's, so that nodes whose clocks differ agree.
UPDATE lane
   SET epoch = CASE WHEN owner = $2 AND until > clock.now THEN epoch ELSE epoch + 1 END,
       owner = $2, until = clock.now + $4, ready = $5
  FROM (SELECT coalesce($3, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now) clock
 WHERE id = $1 AND (owner IS NULL OR until <= clock.now OR owner = $2)
RETURNING epoch, until
