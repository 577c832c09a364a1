-- The lane that was given one of these references.
SELECT s.lane FROM unnest($1::bigint[]) AS l (lane), unnest($2::text[]) AS j (reference), submission s
 WHERE s.lane = l.lane AND s.reference = j.reference LIMIT 1
