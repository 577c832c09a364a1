-- An import begins.
INSERT INTO import (account, name, state, started_at) VALUES ($1, $2, 'running', $3) RETURNING id
