-- A new account; nothing if the name is taken.
INSERT INTO account (name, role, key_id, key_hash, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO NOTHING RETURNING id
