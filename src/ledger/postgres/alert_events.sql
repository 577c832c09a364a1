-- What was done to an alert.
SELECT e.n, e.at, e.account, a.name, e.action, e.from_phase, e.to_phase, e.version, e.reason, e.content_hash
  FROM alert_event e LEFT JOIN account a ON a.id = e.account
 WHERE e.alert = $1 ORDER BY e.n
