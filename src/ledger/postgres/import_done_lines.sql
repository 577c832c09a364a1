-- Lines of a batch that were recorded before: the batch is a repetition.
SELECT j.line
  FROM unnest($2::bigint[]) AS j (line)
 WHERE (SELECT r.line FROM import_row r WHERE r.import = $1 AND r.line = j.line) IS NOT NULL
