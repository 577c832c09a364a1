-- Dispatches that have waited long enough for their receipts.
SELECT alert, route, swept_to, cursor FROM dispatch WHERE sent > 0 AND expires_at <= ?1 ORDER BY alert, route LIMIT ?2
