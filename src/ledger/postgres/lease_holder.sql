-- Who holds a lane. The row is locked: whoever writes for the lane's owner waits, and then sees what we did.
SELECT coalesce(owner, ''), until, ready FROM lane WHERE id = $1 FOR NO KEY UPDATE
