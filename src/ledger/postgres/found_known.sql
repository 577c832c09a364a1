-- Of late answers: is anything known of the attempt, and is the part known to be accepted?
SELECT j.n,
       (SELECT true FROM submission s
                WHERE s.alert = j.alert AND s.route = j.route AND s.seq = j.seq
                    AND s.attempt = j.attempt LIMIT 1) IS NOT NULL,
       (SELECT true FROM submission s
                WHERE s.alert = j.alert AND s.route = j.route AND s.seq = j.seq AND s.attempt = j.attempt
                  AND s.part = j.part AND s.outcome = 'accepted' LIMIT 1) IS NOT NULL
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY
       AS j (alert, route, seq, attempt, part, n)
