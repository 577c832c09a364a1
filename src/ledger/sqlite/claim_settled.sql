-- Claims lose what is settled and are closed by the last of it.
UPDATE claim
   SET unsettled = unsettled - (j.value ->> 1),
       closed_at = CASE WHEN unsettled = j.value ->> 1 THEN ?2 END
  FROM json_each(?1) j
 WHERE claim.id = j.value ->> 0
