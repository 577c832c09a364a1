-- Waiting receipts that have found their message; their references go with them.
DELETE FROM unmatched_receipt WHERE id = ANY ($1::bigint[])
