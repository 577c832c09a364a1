-- The sole right to replace this edition.
UPDATE keychain SET turn_until = $4 WHERE name = $1 AND edition = $2 AND turn_until <= $3
