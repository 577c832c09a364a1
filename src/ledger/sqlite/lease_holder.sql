-- Who holds a lane that could not be taken.
SELECT coalesce(owner, ''), until, ready FROM lane WHERE id = ?1
