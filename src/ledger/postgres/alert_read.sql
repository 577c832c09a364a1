-- One alert.
SELECT id, kind, mode, severity, phase, version, refers_to, content, content_hash, approved_hash, audience, uncertain, author,
       approver, expires_at, created_at, updated_at, approved_at, frozen_at, targets, excluded, target_digest, fanned_to,
       ended_at, plan
  FROM alert WHERE id = $1
