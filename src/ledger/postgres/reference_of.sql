-- The provider's name for the alert's first message on a route.
SELECT reference FROM submission
 WHERE alert = $1 AND route = $2 AND seq = 1 AND outcome = 'accepted' AND reference IS NOT NULL
 ORDER BY attempt DESC, part LIMIT 1
