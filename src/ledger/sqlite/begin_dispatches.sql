-- One dispatch for each route of the plan; that of a page has its one message already and is never sent again on a guess.
INSERT INTO dispatch (alert, route, priority, state, parts, step, expires_at, page, uncertain_policy, end_seq, accepted, queued)
SELECT ?1, value ->> 0, ?3, 'running', value ->> 1, value ->> 2, value ->> 3, value ->> 4,
       CASE WHEN value ->> 4 IS NULL THEN ?4 ELSE 'hold' END, CASE WHEN value ->> 4 IS NULL THEN 1 ELSE 2 END,
       value ->> 4 IS NOT NULL, value ->> 4 IS NOT NULL
  FROM json_each(?2)
