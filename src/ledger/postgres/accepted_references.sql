-- What the lane's provider took, the newest first.
SELECT reference FROM submission
 WHERE lane = $1 AND reference IS NOT NULL AND outcome = 'accepted' ORDER BY at DESC LIMIT $2
