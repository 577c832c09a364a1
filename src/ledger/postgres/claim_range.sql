-- The messages of a range of first attempts.
SELECT seq, address FROM message WHERE alert = $1 AND route = $2 AND seq >= $3 AND seq < $4 ORDER BY seq
