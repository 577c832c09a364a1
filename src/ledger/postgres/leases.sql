-- Every lane with whoever holds it now.
SELECT id, name, owner, until, ready FROM lane ORDER BY id
