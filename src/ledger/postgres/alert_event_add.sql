-- Writes what was done to an alert, as the alert is now.
INSERT INTO alert_event (alert, n, at, account, action, from_phase, to_phase, version, reason, content_hash)
SELECT id, 1 + (SELECT coalesce(max(n), 0) FROM alert_event WHERE alert = $1), $2, $3, $4, $5, $6, version, $7,
       content_hash
  FROM alert WHERE id = $1
