-- Routes are made when they are first named.
INSERT INTO route (name) SELECT value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING
