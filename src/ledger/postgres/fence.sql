-- Is the writer still the owner, and do receipts of this lane wait for their submission? No row: fenced.
SELECT EXISTS (SELECT FROM unmatched_reference WHERE lane = $1)
  FROM lane WHERE id = $1 AND owner = $2 AND epoch = $3
   FOR SHARE
