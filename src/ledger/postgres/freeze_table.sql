-- The work table of a freeze, one for each connection; empty at the end of each transaction.
CREATE TEMPORARY TABLE IF NOT EXISTS freeze_chunk
  (person BIGINT PRIMARY KEY, phone TEXT, area TEXT NOT NULL, route BIGINT, reason TEXT) ON COMMIT DELETE ROWS
