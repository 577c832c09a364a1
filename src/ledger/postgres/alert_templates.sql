-- The templates in force, each in its last version.
SELECT t.name, t.version, t.form, t.retired, t.account, a.name, t.at
  FROM alert_template t LEFT JOIN account a ON a.id = t.account
 WHERE t.retired = 0 AND t.version = (SELECT max(later.version) FROM alert_template later WHERE later.name = t.name)
 ORDER BY t.name LIMIT $1
