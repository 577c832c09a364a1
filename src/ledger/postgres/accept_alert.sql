-- How many targets have become messages. Nothing before the freeze is over. One node at a time.
SELECT fanned_to, targets FROM alert WHERE id = $1 AND frozen_at IS NOT NULL FOR NO KEY UPDATE
