-- Retries of ended dispatches that are not under way; with the lane of the earlier attempt, if that one may have arrived.
SELECT r.alert, r.route, r.seq, d.ended_as, r.attempt,
       CASE WHEN r.possible_repeat = 1 THEN
         (SELECT s.lane FROM submission s
           WHERE s.alert = r.alert AND s.route = r.route AND s.seq = r.seq
           ORDER BY s.attempt DESC LIMIT 1)
       END
  FROM dispatch d JOIN retry r ON r.alert = d.alert AND r.route = d.route
 WHERE d.state <> 'done' AND d.ended_as IS NOT NULL AND r.claim IS NULL
 LIMIT ?1
