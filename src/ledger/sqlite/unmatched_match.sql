-- Waiting receipts that name a new reference. Any but the likeliest form must agree about the address. (CROSS: each new
-- reference is asked for; the waiting ones may be very many.)
SELECT u.id, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4,
       u.verdict, u.code, u.provider_at, u.received_at, u.raw
  FROM json_each(?1) j
  CROSS JOIN unmatched_reference f ON f.lane = ?2 AND f.reference = j.value ->> 5
  CROSS JOIN unmatched_receipt u ON u.id = f.receipt
  CROSS JOIN message m ON m.alert = j.value ->> 0 AND m.route = j.value ->> 1 AND m.seq = j.value ->> 2
 WHERE f.rank = 0 OR u.address IS NULL OR u.address = m.address
 ORDER BY u.id, f.rank, j.key
