-- Messages of which every part has been accepted, in whatever attempt.
SELECT j.n
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS j (alert, route, seq, n)
  JOIN dispatch d USING (alert, route)
 WHERE d.parts = (SELECT count(DISTINCT s.part) FROM submission s
                   WHERE s.alert = j.alert AND s.route = j.route AND s.seq = j.seq
                     AND s.outcome = 'accepted' AND s.part > 0)
