-- The lane that was given one of these references.
SELECT s.lane FROM json_each(?2) j
  JOIN submission s ON s.reference = j.value AND s.lane IN (SELECT value FROM json_each(?1)) LIMIT 1
