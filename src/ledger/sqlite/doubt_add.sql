-- Messages that may have left and of which no answer is known.
INSERT INTO doubt (alert, route, seq, kind, attempt, lane, address, reason, at)
SELECT m.alert, m.route, m.seq, 'uncertain', j.value ->> 3, ?2, m.address, j.value ->> 4, j.value ->> 5
  FROM json_each(?1) j
  JOIN message m ON m.alert = j.value ->> 0 AND m.route = j.value ->> 1 AND m.seq = j.value ->> 2
