-- Targets of an alert with one message for each, in the order of their messages.
WITH fact AS (
  SELECT m.alert, m.target_seq, m.route, m.seq,
         CASE WHEN c.seq IS NOT NULL THEN c.verdict
              WHEN x.seq IS NOT NULL THEN x.kind
              WHEN r.seq IS NOT NULL THEN CASE WHEN r.claim IS NULL THEN 'queued' ELSE 'claimed' END
              WHEN m.seq >= d.cursor THEN coalesce(d.ended_as, 'queued')
              WHEN EXISTS (SELECT FROM submission s
                            WHERE s.alert = m.alert AND s.route = m.route AND s.seq = m.seq AND s.outcome = 'accepted')
              THEN 'sent' ELSE 'claimed' END AS state
    FROM message m
    JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
   WHERE m.alert = $1 AND m.target_seq > 0 AND (m.route, m.seq) > ($2, $3)
)
SELECT f.seq, f.target_seq, t.phone, t.area, f.state, f.route
  FROM fact f JOIN target t ON t.alert = f.alert AND t.seq = f.target_seq
 WHERE (cardinality($5::text[]) = 0 OR f.state = ANY ($5::text[]))
 ORDER BY f.route, f.seq LIMIT $4
