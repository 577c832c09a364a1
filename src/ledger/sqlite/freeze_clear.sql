-- Empties the work table of a freeze.
DELETE FROM temp.freeze_chunk
