-- Alerts, the newest first, page by page.
SELECT id, kind, mode, severity, phase, version, refers_to, content, content_hash, approved_hash, audience, uncertain, author,
       approver, expires_at, created_at, updated_at, approved_at, frozen_at, targets, excluded, target_digest, fanned_to,
       ended_at, plan
  FROM alert
 WHERE (?1 IS NULL OR phase = ?1) AND (?2 IS NULL OR id < ?2)
 ORDER BY id DESC LIMIT ?3
