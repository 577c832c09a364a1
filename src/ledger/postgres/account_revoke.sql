-- Ends an account; it stays for the record.
UPDATE account SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL
