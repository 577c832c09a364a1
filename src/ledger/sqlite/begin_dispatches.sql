-- One dispatch for each route of the plan.
INSERT INTO dispatch (alert, route, priority, state, parts, uncertain_policy, expires_at)
SELECT ?1, value ->> 0, ?3, 'running', value ->> 1, ?4, ?5 FROM json_each(?2)
