-- The verdict on each line.
INSERT INTO import_row (import, line, verdict, field, note)
SELECT $1, line, verdict, field, note
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS j (line, verdict, field, note)
