-- People left out, page by page.
SELECT person, reason, area FROM exclusion WHERE alert = $1 AND person > $2 ORDER BY person LIMIT $3
