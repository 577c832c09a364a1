-- Lanes are made when they are first named.
INSERT INTO lane (name) SELECT value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING
