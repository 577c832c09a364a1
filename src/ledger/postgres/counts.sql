-- The counters of an alert's dispatches, in the order of domain::Counts.
SELECT route, accepted, queued, in_flight, sent, delivered, undelivered, unconfirmed, failed, expired, cancelled,
       uncertain, possible_repeats, parts_submitted
  FROM dispatch WHERE alert = $1 ORDER BY route
