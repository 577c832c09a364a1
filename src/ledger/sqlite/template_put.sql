-- A template as last seen.
INSERT INTO provider_template (route, id, facts, seen_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (route, id) DO UPDATE SET facts = excluded.facts, seen_at = excluded.seen_at
