-- An approval is taken back; whatever was frozen for it is void.
UPDATE alert
   SET approver = NULL, approved_hash = NULL, approved_at = NULL, people_until = NULL, freeze_after = 0, targets = 0,
       excluded = 0, reach_route = 0, reach_seq = 0, reach_done = 0
 WHERE id = ?1
