-- The figures of an import grow by a batch.
UPDATE import
   SET rows_total = rows_total + $2, rows_new = rows_new + $3, rows_changed = rows_changed + $4,
       rows_same = rows_same + $5, rows_refused = rows_refused + $6, rows_warned = rows_warned + $7
 WHERE id = $1
RETURNING rows_total, rows_new, rows_changed, rows_same, rows_refused, rows_warned
