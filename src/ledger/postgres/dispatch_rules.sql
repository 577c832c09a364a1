-- What the dispatches of a batch say about its messages; locked, in the order of their keys.
SELECT d.alert, d.route, d.parts, d.uncertain_policy, d.ended_as, d.expires_at,
       (SELECT true FROM doubt x WHERE x.alert = d.alert AND x.route = d.route LIMIT 1) IS NOT NULL,
       (SELECT true FROM retry x WHERE x.alert = d.alert AND x.route = d.route LIMIT 1) IS NOT NULL
  FROM unnest($1::bigint[], $2::bigint[]) AS j (alert, route) JOIN dispatch d USING (alert, route)
 ORDER BY d.alert, d.route
   FOR NO KEY UPDATE OF d
