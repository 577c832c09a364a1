-- What was seen of an alert's posts, the newest first.
SELECT e.route, e.reference, e.permalink, e.metrics, e.at
  FROM submission s JOIN exhibit e ON e.route = s.route AND e.reference = s.reference
 WHERE s.alert = $1 AND s.outcome = 'accepted'
   AND s.route IN (SELECT d.route FROM dispatch d WHERE d.alert = $1 AND d.page IS NOT NULL)
 ORDER BY e.id DESC LIMIT $2
