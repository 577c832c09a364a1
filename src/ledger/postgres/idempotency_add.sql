-- The first to name a key does the work. Ten minutes without an end mean that its worker died: the next may take it over.
INSERT INTO idempotency (account, key, body_hash, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (account, key) DO UPDATE SET body_hash = excluded.body_hash, at = excluded.at
 WHERE idempotency.status IS NULL AND idempotency.at < excluded.at - 600000000
