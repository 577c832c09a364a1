-- Back to the queue.
INSERT INTO retry (alert, route, seq, due_at, attempt, strikes, possible_repeat)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
ON CONFLICT (alert, route, seq) DO UPDATE
   SET due_at = excluded.due_at, attempt = excluded.attempt, strikes = excluded.strikes,
       possible_repeat = excluded.possible_repeat, claim = NULL
