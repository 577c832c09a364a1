-- A new alert, as a draft.
INSERT INTO alert (kind, mode, severity, phase, refers_to, content, content_hash, audience, uncertain, author, expires_at,
                   created_at, updated_at, plan)
VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $11, $12) RETURNING id
