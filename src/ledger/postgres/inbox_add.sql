-- What people wrote back, each message once, with the alert that it answers.
INSERT INTO inbox (lane, sender, receiver, text, provider_id, answers, alert, at)
SELECT $6, sender, receiver, text, provider_id, answers,
       (SELECT s.alert FROM submission s WHERE s.lane = $6 AND s.reference = j.answers LIMIT 1), $7
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
       AS j (sender, receiver, text, provider_id, answers, n) ORDER BY n
ON CONFLICT DO NOTHING
