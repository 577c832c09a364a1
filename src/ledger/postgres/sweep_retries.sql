-- Retries of ended dispatches that are not under way.
SELECT r.alert, r.route, r.seq, d.ended_as
  FROM dispatch d JOIN retry r ON r.alert = d.alert AND r.route = d.route
 WHERE d.state <> 'done' AND d.ended_as IS NOT NULL AND r.claim IS NULL
 LIMIT $1
