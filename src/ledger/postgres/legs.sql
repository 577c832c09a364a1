-- Other addresses of a range of targets.
SELECT seq, route, address FROM leg WHERE alert = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, route
