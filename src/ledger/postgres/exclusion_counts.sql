-- How many people were left out, by reason.
SELECT reason, count(*) FROM exclusion WHERE alert = $1 GROUP BY reason ORDER BY reason
