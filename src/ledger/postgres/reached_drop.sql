-- People found for an approval that is void.
DELETE FROM reached WHERE alert = $1
