-- What people wrote back, each message once, with the alert that it answers.
INSERT INTO inbox (lane, sender, receiver, text, provider_id, answers, alert, at)
SELECT ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
       (SELECT s.alert FROM submission s WHERE s.lane = ?2 AND s.reference = value ->> 4 LIMIT 1), ?3
  FROM json_each(?1) WHERE true ORDER BY key
ON CONFLICT DO NOTHING
