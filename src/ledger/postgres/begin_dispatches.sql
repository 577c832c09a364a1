-- One dispatch for each route of the plan.
INSERT INTO dispatch (alert, route, priority, state, parts, uncertain_policy, expires_at)
SELECT $1, route, $4, 'running', parts, $5, $6 FROM unnest($2::bigint[], $3::bigint[]) AS j (route, parts)
