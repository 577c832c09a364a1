-- What became of a key.
SELECT body_hash, status, response FROM idempotency WHERE account = $1 AND key = $2
