-- Where the later attempts of a flush stand; a message without a row was closed meanwhile.
SELECT j.key, r.attempt, r.possible_repeat, r.claim
  FROM json_each(?1) j
  JOIN retry r ON r.alert = j.value ->> 0 AND r.route = j.value ->> 1 AND r.seq = j.value ->> 2
