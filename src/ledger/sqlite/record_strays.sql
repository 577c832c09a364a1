-- Receipts that cannot simply close their message: it is closed already (1), or nothing was submitted (0).
SELECT j.key, c.seq IS NOT NULL
  FROM json_each(?1) j
  LEFT JOIN closing c ON c.alert = j.value ->> 0 AND c.route = j.value ->> 1 AND c.seq = j.value ->> 2
 WHERE c.seq IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM submission s
                    WHERE s.alert = j.value ->> 0 AND s.route = j.value ->> 1 AND s.seq = j.value ->> 2
                      AND s.attempt = j.value ->> 3)
