-- Where the later attempts of a flush stand; a message without a row was closed meanwhile.
SELECT j.n, r.attempt, r.possible_repeat, r.claim
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS j (alert, route, seq, n)
  JOIN retry r USING (alert, route, seq)
