-- Lanes are made when they are first named.
INSERT INTO lane (name) SELECT DISTINCT name FROM unnest($1::text[]) AS j (name) ORDER BY name ON CONFLICT DO NOTHING
