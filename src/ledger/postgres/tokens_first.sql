-- The first pair under a name.
INSERT INTO keychain (name, edition, access, refresh, access_until, refresh_until, updated_at)
VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING
