-- Remembers how far the freeze has come.
UPDATE alert SET freeze_after = $2, targets = targets + $3, excluded = excluded + $4 WHERE id = $1
