-- Receipts that match nothing yet, by lane.
SELECT l.name, count(*) FROM unmatched_receipt u JOIN lane l ON l.id = u.lane GROUP BY l.name ORDER BY l.name
