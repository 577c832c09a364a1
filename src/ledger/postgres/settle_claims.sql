-- The claims of this lane that a flush names.
SELECT id, alert, route, from_seq, to_seq, closed_at IS NOT NULL
  FROM claim WHERE id = ANY ($1::bigint[]) AND lane = $2
