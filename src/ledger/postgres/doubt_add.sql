-- Messages that may have left and of which no answer is known.
INSERT INTO doubt (alert, route, seq, kind, attempt, lane, address, reason, at)
SELECT m.alert, m.route, m.seq, 'uncertain', j.attempt, $7, m.address, j.reason, j.at
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
       AS j (alert, route, seq, attempt, reason, at)
  JOIN message m USING (alert, route, seq)
