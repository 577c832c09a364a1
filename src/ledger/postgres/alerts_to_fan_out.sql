-- Alerts whose targets are not all frozen or not all messages yet, the urgent first.
SELECT id, kind, mode, severity, phase, version, refers_to, content, content_hash, approved_hash, audience, uncertain, author,
       approver, expires_at, created_at, updated_at, approved_at, frozen_at, targets, excluded, target_digest, fanned_to,
       ended_at, plan
  FROM alert
 WHERE phase = 'approved' OR (phase = 'dispatching' AND fanned_to < targets)
 ORDER BY CASE severity WHEN 'extreme' THEN 4 WHEN 'severe' THEN 3 WHEN 'moderate' THEN 2 ELSE 1 END DESC, id
