-- How many tables there are, and are they ours?
SELECT count(*), coalesce(bool_or(table_name = '_sqlx_migrations'), false)
  FROM information_schema.tables WHERE table_schema = current_schema()
