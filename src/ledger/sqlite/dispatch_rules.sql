-- What the dispatches of a batch say about its messages.
SELECT d.alert, d.route, d.parts, d.uncertain_policy, d.ended_as, d.expires_at,
       EXISTS (SELECT 1 FROM doubt x WHERE x.alert = d.alert AND x.route = d.route),
       EXISTS (SELECT 1 FROM retry x WHERE x.alert = d.alert AND x.route = d.route)
  FROM json_each(?1) j JOIN dispatch d ON d.alert = j.value ->> 0 AND d.route = j.value ->> 1
