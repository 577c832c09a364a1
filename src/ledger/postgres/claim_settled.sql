-- Claims lose what is settled and are closed by the last of it.
UPDATE claim
   SET unsettled = unsettled - j.settled,
       closed_at = CASE WHEN unsettled = j.settled THEN $3::bigint END
  FROM unnest($1::bigint[], $2::bigint[]) AS j (id, settled)
 WHERE claim.id = j.id
