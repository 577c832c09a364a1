-- The one message of each page.
INSERT INTO message (alert, route, seq, target_seq, address)
SELECT alert, route, 1, 0, page FROM dispatch WHERE alert = $1 AND page IS NOT NULL
