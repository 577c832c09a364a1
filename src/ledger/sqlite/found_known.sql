-- Of late answers: is anything known of the attempt, and is the part known to be accepted?
SELECT j.key,
       EXISTS (SELECT 1 FROM submission s
                WHERE s.alert = j.value ->> 0 AND s.route = j.value ->> 1 AND s.seq = j.value ->> 2
                  AND s.attempt = j.value ->> 3),
       EXISTS (SELECT 1 FROM submission s
                WHERE s.alert = j.value ->> 0 AND s.route = j.value ->> 1 AND s.seq = j.value ->> 2
                  AND s.attempt = j.value ->> 3 AND s.part = j.value ->> 4 AND s.outcome = 'accepted')
  FROM json_each(?1) j
