-- Who holds a lane that could not be taken.
SELECT coalesce(owner, ''), until FROM lane WHERE id = ?1
