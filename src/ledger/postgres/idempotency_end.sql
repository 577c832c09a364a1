-- The answer that a repetition gets.
UPDATE idempotency SET status = $3, response = $4 WHERE account = $1 AND key = $2
