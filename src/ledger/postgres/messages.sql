-- Messages with the state their facts say, page by page.
WITH fact AS (
  SELECT m.alert, m.route, m.seq, m.target_seq, m.address, coalesce(t.area, '') AS area,
         CASE WHEN c.seq IS NOT NULL THEN c.verdict
              WHEN x.seq IS NOT NULL THEN x.kind
              WHEN r.seq IS NOT NULL THEN CASE WHEN r.claim IS NULL THEN 'queued' ELSE 'claimed' END
              WHEN m.seq >= d.cursor THEN coalesce(d.ended_as, 'queued')
              WHEN s.sent_at IS NOT NULL
              THEN 'sent' ELSE 'claimed' END AS state,
         s.attempts, coalesce(c.code, s.code) AS code, coalesce(x.reason, s.reason) AS reason, s.sent_at, c.at AS ended_at
    FROM message m
    LEFT JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    LEFT JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
    LEFT JOIN LATERAL (
      SELECT coalesce(max(a.attempt), 0) AS attempts, min(a.at) FILTER (WHERE a.outcome = 'accepted') AS sent_at,
             (array_agg(a.code ORDER BY a.attempt DESC, a.part DESC) FILTER (WHERE a.code IS NOT NULL))[1] AS code,
             (array_agg(a.reason ORDER BY a.attempt DESC, a.part DESC) FILTER (WHERE a.reason IS NOT NULL))[1] AS reason
        FROM submission a WHERE a.alert = m.alert AND a.route = m.route AND a.seq = m.seq
    ) s ON true
   WHERE m.alert = $1 AND (m.route, m.seq) > ($2, $3)
     AND ($4::bigint IS NULL OR m.route = $4) AND ($6::text IS NULL OR t.area = $6) AND ($7::text IS NULL OR m.address = $7)
)
SELECT f.route, f.seq, f.target_seq, f.address, f.area, f.state, f.attempts, f.code, f.reason, f.sent_at, f.ended_at
  FROM fact f
 WHERE $5::text IS NULL OR f.state = $5
 ORDER BY f.route, f.seq LIMIT $8
