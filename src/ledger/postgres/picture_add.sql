-- A picture, once.
INSERT INTO picture (hash, media_type, bytes, account, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING
