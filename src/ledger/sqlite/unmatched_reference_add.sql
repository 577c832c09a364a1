-- The names by which a waiting receipt may be found.
INSERT INTO unmatched_reference (lane, reference, rank, receipt)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
ON CONFLICT DO NOTHING
