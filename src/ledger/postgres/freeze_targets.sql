-- Numbers the people of the chunk who will be reached, without gaps after the targets there are.
INSERT INTO target (alert, seq, person, phone, area, route)
SELECT $1, $2 + row_number() OVER (ORDER BY person), person, phone, area, route
  FROM pg_temp.freeze_chunk WHERE reason IS NULL ORDER BY person
