-- The later steps of the plan.
INSERT INTO step (alert, n, due_at) SELECT $1, n, due_at FROM unnest($2::bigint[], $3::bigint[]) AS j (n, due_at)
