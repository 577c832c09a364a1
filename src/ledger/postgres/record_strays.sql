-- Receipts that cannot simply close their message: it is closed already (1), or nothing was submitted (0).
SELECT j.n, c.seq IS NOT NULL
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS j (alert, route, seq, attempt, n)
  LEFT JOIN closing c USING (alert, route, seq)
 WHERE c.seq IS NOT NULL
    OR (SELECT true FROM submission s
                    WHERE s.alert = j.alert AND s.route = j.route AND s.seq = j.seq
                        AND s.attempt = j.attempt LIMIT 1) IS NULL
