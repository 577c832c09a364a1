-- The names by which a waiting receipt may be found.
INSERT INTO unmatched_reference (lane, reference, rank, receipt)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])
ON CONFLICT DO NOTHING
