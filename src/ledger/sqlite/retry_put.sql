-- Back to the queue.
INSERT INTO retry (alert, route, seq, due_at, attempt, strikes, possible_repeat)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
  FROM json_each(?1) WHERE true
ON CONFLICT (alert, route, seq) DO UPDATE
   SET due_at = excluded.due_at, attempt = excluded.attempt, strikes = excluded.strikes,
       possible_repeat = excluded.possible_repeat, claim = NULL
