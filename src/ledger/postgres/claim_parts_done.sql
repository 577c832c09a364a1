-- Parts that earlier attempts of these messages got through.
SELECT DISTINCT s.seq, s.part
  FROM unnest($3::bigint[]) AS j (seq)
  JOIN submission s ON s.alert = $1 AND s.route = $2 AND s.seq = j.seq
 WHERE s.outcome = 'accepted' AND s.part > 0
 ORDER BY s.seq, s.part
