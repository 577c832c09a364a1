-- Appends answers; one that is there already stays as it is.
INSERT INTO submission (alert, route, seq, attempt, part, lane, outcome, reference, code, reason, at)
SELECT alert, route, seq, attempt, part, $11, outcome, reference, code, reason, at
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::bigint[]) AS j (alert, route, seq, attempt, part, outcome, reference, code, reason, at)
ON CONFLICT DO NOTHING
