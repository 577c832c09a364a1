-- Receipts of a batch that wait already: a carrier repeats what was not acknowledged in time.
SELECT j.key FROM json_each(?1) j
 WHERE EXISTS (SELECT 1 FROM unmatched_reference f CROSS JOIN unmatched_receipt u ON u.id = f.receipt
                WHERE f.lane = j.value ->> 0 AND f.reference = j.value ->> 1 AND f.rank = 0
                  AND u.verdict = j.value ->> 2 AND u.address IS j.value ->> 3)
