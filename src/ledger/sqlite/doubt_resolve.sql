-- Removes the doubts about messages that are proved sent; an overdue receipt stays overdue.
DELETE FROM doubt
 WHERE (alert, route, seq) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)) AND kind = 'uncertain'
RETURNING alert, route, seq
