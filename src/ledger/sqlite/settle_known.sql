-- Attempts of a flush that have their end already: the flush is a repetition.
SELECT j.key
  FROM json_each(?1) j
 WHERE EXISTS (SELECT 1 FROM submission s
                WHERE s.alert = j.value ->> 0 AND s.route = j.value ->> 1 AND s.seq = j.value ->> 2
                  AND s.attempt = j.value ->> 3)
