-- All accounts.
SELECT id, name, role, key_id, key_hash, created_at, revoked_at FROM account ORDER BY id
