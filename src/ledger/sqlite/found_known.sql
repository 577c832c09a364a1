-- Accepted parts that are there already.
SELECT j.key
  FROM json_each(?1) j
  JOIN submission s ON s.alert = j.value ->> 0 AND s.route = j.value ->> 1 AND s.seq = j.value ->> 2
                   AND s.attempt = j.value ->> 3 AND s.part = j.value ->> 4
 WHERE s.outcome = 'accepted'
