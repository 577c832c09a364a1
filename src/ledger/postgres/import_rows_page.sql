-- Verdicts on lines, page by page.
SELECT line, verdict, field, note FROM import_row WHERE import = $1 AND line > $2 ORDER BY line LIMIT $3
