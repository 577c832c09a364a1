-- What the receipts say of each part of messages that have several, in the order in which they came. A part that was
-- accepted without a reference of its own (the carrier cut the text itself) shares what is said of its attempt.
SELECT j.n, r.part, r.verdict, r.id
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS j (alert, route, seq, n)
  JOIN receipt r USING (alert, route, seq)
 WHERE r.verdict IN ('delivered', 'failed')
 UNION ALL
SELECT j.n, s.part, r.verdict, r.id
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS j (alert, route, seq, n)
  JOIN receipt r USING (alert, route, seq)
  JOIN submission s USING (alert, route, seq, attempt)
 WHERE r.verdict IN ('delivered', 'failed')
   AND s.part > 0 AND s.part <> r.part AND s.outcome = 'accepted' AND s.reference IS NULL
 ORDER BY 1, 4
