-- How many tables there are, and are they ours?
SELECT count(*), coalesce(max(name = '_sqlx_migrations'), 0)
  FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
