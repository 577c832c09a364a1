-- How far the search for people of the earlier alert has come.
SELECT reach_route, reach_seq, reach_done FROM alert WHERE id = ?1
