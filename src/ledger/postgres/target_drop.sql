-- Targets of an approval that is void.
DELETE FROM target WHERE alert = $1
