-- How many targets have become messages, and whether they have addresses on several routes. Nothing before the freeze is over.
SELECT fanned_to, targets, EXISTS (SELECT FROM leg l WHERE l.alert = alert.id)
  FROM alert WHERE id = $1 AND frozen_at IS NOT NULL
 FOR NO KEY UPDATE
