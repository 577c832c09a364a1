-- Attempts of a flush that have their end already: the flush is a repetition.
SELECT j.n
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS j (alert, route, seq, attempt, n)
 WHERE EXISTS (SELECT FROM submission s
                WHERE s.alert = j.alert AND s.route = j.route AND s.seq = j.seq AND s.attempt = j.attempt)
