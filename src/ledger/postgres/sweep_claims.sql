-- Open claims of owners that are gone. Not passed over while another sweep has them: a new owner begins when there are none left.
SELECT c.id, c.lane, c.alert, c.route, c.from_seq, c.to_seq, c.messages
  FROM claim c JOIN lane l ON l.id = c.lane
 WHERE c.closed_at IS NULL AND c.epoch < l.epoch
 ORDER BY c.id LIMIT $1
   FOR NO KEY UPDATE OF c
