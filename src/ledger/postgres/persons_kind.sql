-- Are there targets with several messages?
SELECT count(*) FROM (SELECT 1 FROM message WHERE alert = $1 AND step > 0 LIMIT 1) m
