-- The work table of a freeze, on the writer's connection.
CREATE TEMP TABLE IF NOT EXISTS freeze_chunk
  (person INTEGER PRIMARY KEY, phone TEXT, area TEXT NOT NULL, route INTEGER, reason TEXT)
