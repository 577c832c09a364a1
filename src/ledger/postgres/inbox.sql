-- What people wrote back, the newest first.
SELECT i.id, l.name, i.sender, i.receiver, i.text, i.alert, i.at
  FROM inbox i JOIN lane l ON l.id = i.lane
 WHERE $1::bigint IS NULL OR i.id < $1 ORDER BY i.id DESC LIMIT $2
