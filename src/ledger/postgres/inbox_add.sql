-- What people wrote back.
INSERT INTO inbox (lane, sender, receiver, text, at)
SELECT $4, sender, receiver, text, $5
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS j (sender, receiver, text, n) ORDER BY n
