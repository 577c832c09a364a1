-- Keeps the people of the chunk who are left out, with the reason.
INSERT INTO exclusion (alert, person, reason, area)
SELECT $1, person, reason, area FROM pg_temp.freeze_chunk WHERE reason IS NOT NULL ORDER BY person
