-- What people wrote back.
INSERT INTO inbox (lane, sender, receiver, text, at)
SELECT ?2, value ->> 0, value ->> 1, value ->> 2, ?3 FROM json_each(?1) ORDER BY key
