-- What the receipts say of each part of messages that have several, in the order in which they came.
SELECT j.key, r.part, r.verdict
  FROM json_each(?1) j
  JOIN receipt r ON r.alert = j.value ->> 0 AND r.route = j.value ->> 1 AND r.seq = j.value ->> 2
 WHERE r.verdict IN ('delivered', 'failed')
 ORDER BY j.key, r.id
