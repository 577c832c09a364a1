-- Retries that are due, the longest waiting first.
SELECT r.seq, m.address, r.attempt, r.strikes, r.possible_repeat
  FROM retry r JOIN message m ON m.alert = r.alert AND m.route = r.route AND m.seq = r.seq
 WHERE r.alert = $1 AND r.route = $2 AND r.claim IS NULL AND r.due_at <= $3
 ORDER BY r.due_at, r.seq LIMIT $4
