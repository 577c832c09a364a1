-- Empties the work table of a freeze.
DELETE FROM pg_temp.freeze_chunk
