-- Receipts by reference, the likeliest form first; any other must agree about the address.
SELECT j.n, s.alert, s.route, s.seq, s.attempt, s.part
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[]) AS j (n, lane, reference, rank, address)
  JOIN submission s ON s.lane = j.lane AND s.reference = j.reference AND s.reference IS NOT NULL
  JOIN message m ON m.alert = s.alert AND m.route = s.route AND m.seq = s.seq
 WHERE j.rank = 0 OR j.address IS NULL OR j.address = m.address
 ORDER BY j.n, j.rank, coalesce(j.address = m.address, false) DESC, s.at DESC
