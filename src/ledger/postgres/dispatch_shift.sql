-- Counters move with the facts. Columns in the order of domain::Counts.
UPDATE dispatch d
   SET accepted = d.accepted + j.accepted,
       queued = d.queued + j.queued,
       in_flight = d.in_flight + j.in_flight,
       sent = d.sent + j.sent,
       delivered = d.delivered + j.delivered,
       undelivered = d.undelivered + j.undelivered,
       unconfirmed = d.unconfirmed + j.unconfirmed,
       failed = d.failed + j.failed,
       expired = d.expired + j.expired,
       cancelled = d.cancelled + j.cancelled,
       uncertain = d.uncertain + j.uncertain,
       possible_repeats = d.possible_repeats + j.possible_repeats,
       parts_submitted = d.parts_submitted + j.parts_submitted
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
              $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
       AS j (alert, route, accepted, queued, in_flight, sent, delivered, undelivered, unconfirmed,
             failed, expired, cancelled, uncertain, possible_repeats, parts_submitted)
 WHERE d.alert = j.alert AND d.route = j.route
