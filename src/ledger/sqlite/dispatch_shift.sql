-- Counters move with the facts. Columns in the order of domain::Counts.
UPDATE dispatch
   SET accepted = accepted + (j.value ->> 2), queued = queued + (j.value ->> 3),
       in_flight = in_flight + (j.value ->> 4), sent = sent + (j.value ->> 5),
       delivered = delivered + (j.value ->> 6), undelivered = undelivered + (j.value ->> 7),
       unconfirmed = unconfirmed + (j.value ->> 8), failed = failed + (j.value ->> 9),
       expired = expired + (j.value ->> 10), cancelled = cancelled + (j.value ->> 11),
       uncertain = uncertain + (j.value ->> 12), possible_repeats = possible_repeats + (j.value ->> 13),
       parts_submitted = parts_submitted + (j.value ->> 14)
  FROM json_each(?1) j
 WHERE dispatch.alert = j.value ->> 0 AND dispatch.route = j.value ->> 1
