-- A new version, by a new author, without approval; whatever was frozen for the old one is void.
UPDATE alert
   SET kind = $3, mode = $4, severity = $5, refers_to = $6, content = $7, content_hash = $8, audience = $9,
       plan = $14, uncertain = $10, author = $11, expires_at = $12, updated_at = $13, phase = 'draft', version = version + 1,
       approver = NULL, approved_hash = NULL, approved_at = NULL, people_until = NULL, freeze_after = 0, targets = 0,
       excluded = 0, reach_route = 0, reach_seq = 0, reach_done = 0
 WHERE id = $1 AND version = $2 AND phase IN ('draft', 'submitted', 'approved')
