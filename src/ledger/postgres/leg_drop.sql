-- Addresses frozen for an approval that is void.
DELETE FROM leg WHERE alert = $1
