-- All that is known of one message, in the order of time.
SELECT c.at, 'claimed' AS what, l.name AS lane, NULL::bigint AS attempt, NULL::bigint AS part, NULL AS verdict, NULL AS reference,
       NULL AS code, NULL AS reason, NULL::bigint AS provider_at, NULL AS raw, 0::bigint AS rank
  FROM claim c JOIN lane l ON l.id = c.lane
 WHERE c.alert = $1 AND c.route = $2
   AND ($3 >= c.from_seq AND $3 < c.to_seq
        OR c.id IN (SELECT r.claim FROM retry r WHERE r.alert = $1 AND r.route = $2 AND r.seq = $3))
UNION ALL
SELECT s.at, s.outcome, l.name, s.attempt, s.part, NULL, s.reference, s.code, s.reason, NULL, NULL, 1
  FROM submission s JOIN lane l ON l.id = s.lane
 WHERE s.alert = $1 AND s.route = $2 AND s.seq = $3
UNION ALL
SELECT x.at, 'waiting', l.name, x.attempt, NULL, x.kind, NULL, NULL, x.reason, NULL, NULL, 2
  FROM doubt x LEFT JOIN lane l ON l.id = x.lane
 WHERE x.alert = $1 AND x.route = $2 AND x.seq = $3
UNION ALL
SELECT r.due_at, 'waiting', NULL, r.attempt, NULL, 'queued', NULL, NULL, NULL, NULL, NULL, 2
  FROM retry r
 WHERE r.alert = $1 AND r.route = $2 AND r.seq = $3 AND r.claim IS NULL
UNION ALL
SELECT r.received_at, 'receipt', NULL, r.attempt, r.part, r.verdict, NULL, r.code, NULL, r.provider_at, r.raw, 3
  FROM receipt r
 WHERE r.alert = $1 AND r.route = $2 AND r.seq = $3
UNION ALL
SELECT c.at, 'closed', NULL, c.attempt, NULL, c.verdict, NULL, c.code, NULL, c.provider_at, c.raw, 4
  FROM closing c
 WHERE c.alert = $1 AND c.route = $2 AND c.seq = $3
 ORDER BY 1, 12, 4, 5
