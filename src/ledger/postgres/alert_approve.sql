-- Who approved what, and the last person who belongs to the audience.
UPDATE alert
   SET approver = $2, approved_hash = content_hash, approved_at = $3, freeze_after = 0,
       people_until = (SELECT coalesce(max(id), 0) FROM person)
 WHERE id = $1
