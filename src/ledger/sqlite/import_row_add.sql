-- The verdict on each line.
INSERT INTO import_row (import, line, verdict, field, note)
SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)
