-- One dispatch for each route of the plan; that of a page has its one message already and is never sent again on a guess.
INSERT INTO dispatch (alert, route, priority, state, parts, step, expires_at, page, uncertain_policy, end_seq, accepted, queued)
SELECT $1, route, $7, 'running', parts, step, expires_at, page, CASE WHEN page IS NULL THEN $8 ELSE 'hold' END,
       CASE WHEN page IS NULL THEN 1 ELSE 2 END, (page IS NOT NULL)::int, (page IS NOT NULL)::int
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[]) AS j (route, parts, step, expires_at, page)
