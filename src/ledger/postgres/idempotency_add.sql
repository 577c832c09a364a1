-- The first to name a key does the work.
INSERT INTO idempotency (account, key, body_hash, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
