-- A version more of a template; nothing if somebody was faster.
INSERT INTO alert_template (name, version, form, retired, account, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (name, version) DO NOTHING
