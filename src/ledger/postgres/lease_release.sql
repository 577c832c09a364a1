-- Gives a lane back; nothing happens to a lane that changed hands meanwhile.
UPDATE lane SET owner = NULL, until = 0, ready = 0 WHERE id = $1 AND owner = $2 AND epoch = $3
