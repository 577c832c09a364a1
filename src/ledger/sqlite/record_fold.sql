-- What the receipts say of each part of messages that have several, in the order in which they came. A part that was
-- accepted without a reference of its own (the carrier cut the text itself) shares what is said of its attempt.
SELECT j.key, r.part, r.verdict, r.id
  FROM json_each(?1) j
  JOIN receipt r ON r.alert = j.value ->> 0 AND r.route = j.value ->> 1 AND r.seq = j.value ->> 2
 WHERE r.verdict IN ('delivered', 'failed')
 UNION ALL
SELECT j.key, s.part, r.verdict, r.id
  FROM json_each(?1) j
  JOIN receipt r ON r.alert = j.value ->> 0 AND r.route = j.value ->> 1 AND r.seq = j.value ->> 2
  JOIN submission s ON s.alert = r.alert AND s.route = r.route AND s.seq = r.seq AND s.attempt = r.attempt
 WHERE r.verdict IN ('delivered', 'failed')
   AND s.part > 0 AND s.part <> r.part AND s.outcome = 'accepted' AND s.reference IS NULL
 ORDER BY 1, 4
