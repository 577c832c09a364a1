-- Where the freeze of an approved alert stands. One node at a time.
SELECT freeze_after, coalesce(people_until, 0), targets, excluded
  FROM alert WHERE id = $1 AND phase = 'approved' AND approved_at = $2 AND frozen_at IS NULL
   FOR NO KEY UPDATE
