-- Exclusions of an approval that is void.
DELETE FROM exclusion WHERE alert = $1
