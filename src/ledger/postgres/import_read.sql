-- One import.
SELECT id, name, state, rows_total, rows_new, rows_changed, rows_same, rows_refused, rows_warned, started_at, ended_at,
       note
  FROM import WHERE id = $1
