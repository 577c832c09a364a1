-- Messages of which every part has been accepted, in whatever attempt.
SELECT j.key
  FROM json_each(?1) j JOIN dispatch d ON d.alert = j.value ->> 0 AND d.route = j.value ->> 1
 WHERE d.parts = (SELECT count(DISTINCT s.part) FROM submission s
                   WHERE s.alert = d.alert AND s.route = d.route AND s.seq = j.value ->> 2
                     AND s.outcome = 'accepted' AND s.part > 0)
