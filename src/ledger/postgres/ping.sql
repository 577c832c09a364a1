-- Shows that the ledger answers.
SELECT 1
