-- The account of an API key, revoked or not.
SELECT id, name, role, key_id, key_hash, created_at, revoked_at FROM account WHERE key_id = $1
