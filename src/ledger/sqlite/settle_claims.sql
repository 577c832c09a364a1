-- The claims of this lane that a flush names.
SELECT id, alert, route, from_seq, to_seq, closed_at IS NOT NULL
  FROM claim WHERE id IN (SELECT value FROM json_each(?2)) AND lane = ?1
