-- The last person of the chunk.
SELECT max(person) FROM temp.freeze_chunk
