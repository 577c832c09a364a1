-- Parts that earlier attempts of these messages got through.
SELECT j.seq, s.part
  FROM unnest($3::bigint[]) AS j (seq)
 CROSS JOIN LATERAL (SELECT DISTINCT part FROM submission
                      WHERE alert = $1 AND route = $2 AND seq = j.seq AND outcome = 'accepted' AND part > 0) s
 ORDER BY j.seq, s.part
