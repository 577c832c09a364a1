-- The later steps of the plan.
INSERT INTO step (alert, n, due_at) SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)
