-- Dispatches of an ended alert need no more work.
UPDATE dispatch SET state = 'done' WHERE alert = ?1 AND state <> 'done'
