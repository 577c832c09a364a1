-- What became of one template, the last version first.
SELECT t.name, t.version, t.form, t.retired, t.account, a.name, t.at
  FROM alert_template t LEFT JOIN account a ON a.id = t.account
 WHERE t.name = ?1
 ORDER BY t.version DESC LIMIT ?2
