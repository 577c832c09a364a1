-- Messages leave the queue; the cursor passes first attempts.
UPDATE dispatch
   SET cursor = cursor + $3, queued = queued - $4, in_flight = in_flight + $4, possible_repeats = possible_repeats + $5
 WHERE alert = $1 AND route = $2
