-- The last person of the chunk.
SELECT max(person) FROM pg_temp.freeze_chunk
