-- Frees every lane. Only for a ledger that one process has to itself: owners found at its start are dead.
UPDATE lane SET owner = NULL, until = 0, ready = 0 WHERE owner IS NOT NULL
