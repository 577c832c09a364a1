-- Frozen targets, page by page.
SELECT seq, phone, route FROM target WHERE alert = $1 AND seq > $2 ORDER BY seq LIMIT $3
