-- Attempts of a flush whose deciding row is there already: the flush is a repetition.
SELECT j.n
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS j (alert, route, seq, attempt, part, n)
  JOIN submission s USING (alert, route, seq, attempt, part)
