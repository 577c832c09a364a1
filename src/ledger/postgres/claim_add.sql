-- One row for the batch, committed before its first byte leaves.
INSERT INTO claim (lane, epoch, alert, route, from_seq, to_seq, messages, unsettled, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) RETURNING id
