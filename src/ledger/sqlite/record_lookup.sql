-- Receipts by reference, the likeliest form first; any other must agree about the address.
SELECT j.value ->> 0, s.alert, s.route, s.seq, s.attempt, s.part
  FROM json_each(?1) j
  JOIN submission s ON s.lane = j.value ->> 1 AND s.reference = j.value ->> 2 AND s.reference IS NOT NULL
  JOIN message m ON m.alert = s.alert AND m.route = s.route AND m.seq = s.seq
 WHERE j.value ->> 3 = 0 OR j.value ->> 4 IS NULL OR j.value ->> 4 = m.address
 ORDER BY j.value ->> 0, j.value ->> 3, coalesce(j.value ->> 4 = m.address, 0) DESC, s.at DESC
