-- Waiting receipts that name a new reference. Any but the likeliest form must agree about the address.
SELECT u.id, j.alert, j.route, j.seq, j.attempt, j.part, u.verdict, u.code, u.provider_at, u.received_at, u.raw
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
       WITH ORDINALITY
       AS j (alert, route, seq, attempt, part, reference, lane, n)
  JOIN unmatched_reference f ON f.lane = j.lane AND f.reference = j.reference
  JOIN unmatched_receipt u ON u.id = f.receipt
  JOIN message m ON m.alert = j.alert AND m.route = j.route AND m.seq = j.seq
 WHERE f.rank = 0 OR u.address IS NULL OR u.address = m.address
 ORDER BY u.id, f.rank, j.n
