-- What the receipts say of each part of messages that have several, in the order in which they came.
SELECT j.n, r.part, r.verdict
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS j (alert, route, seq, n)
  JOIN receipt r USING (alert, route, seq)
 WHERE r.verdict IN ('delivered', 'failed')
 ORDER BY j.n, r.id
