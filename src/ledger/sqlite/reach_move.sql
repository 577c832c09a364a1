-- Remembers how far it has come.
UPDATE alert SET reach_route = ?2, reach_seq = ?3, reach_done = ?4 WHERE id = ?1
