-- The right is given back unused.
UPDATE keychain SET turn_until = 0 WHERE name = ?1 AND edition = ?2
