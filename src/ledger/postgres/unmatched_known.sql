-- Receipts of a batch that wait already: a carrier repeats what was not acknowledged in time.
SELECT j.n - 1
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS j (lane, reference, verdict, address, n)
 WHERE (SELECT true FROM unmatched_reference f JOIN unmatched_receipt u ON u.id = f.receipt
         WHERE f.lane = j.lane AND f.reference = j.reference AND f.rank = 0
           AND u.verdict = j.verdict AND u.address IS NOT DISTINCT FROM j.address LIMIT 1) IS NOT NULL
