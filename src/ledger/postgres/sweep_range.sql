-- First attempts of a claim that nobody has answered for.
SELECT m.seq
  FROM message m
 WHERE m.alert = $1 AND m.route = $2 AND m.seq >= $3 AND m.seq < $4
   AND NOT EXISTS (SELECT FROM submission s
                    WHERE s.alert = m.alert AND s.route = m.route AND s.seq = m.seq AND s.attempt = 1)
   AND NOT EXISTS (SELECT FROM closing c WHERE c.alert = m.alert AND c.route = m.route AND c.seq = m.seq)
 ORDER BY m.seq
