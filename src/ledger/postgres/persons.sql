-- Targets with several messages, each once with the best of them.
WITH hopes AS (
  SELECT state, hope FROM unnest($2::text[], $3::bigint[]) AS h (state, hope)
), fact AS (
  SELECT m.target_seq, m.route,
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
   WHERE m.alert = $1 AND m.step > 0 AND m.target_seq > $4
), best AS (
  SELECT f.target_seq, h.hope, f.route,
         row_number() OVER (PARTITION BY f.target_seq ORDER BY h.hope DESC, f.route) AS place
    FROM fact f JOIN hopes h ON h.state = f.state
)
SELECT b.target_seq, b.target_seq, t.phone, t.area, h.state, b.route
  FROM best b
  JOIN hopes h ON h.hope = b.hope
  JOIN target t ON t.alert = $1 AND t.seq = b.target_seq
 WHERE b.place = 1 AND (cardinality($6::text[]) = 0 OR h.state = ANY ($6::text[]))
 ORDER BY b.target_seq LIMIT $5
