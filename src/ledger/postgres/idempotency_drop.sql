-- Forgets a key whose work came to nothing.
DELETE FROM idempotency WHERE account = $1 AND key = $2 AND status IS NULL
