-- A pair of tokens.
SELECT edition, access, refresh, access_until, refresh_until FROM keychain WHERE name = ?1
