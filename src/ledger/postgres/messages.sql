-- Messages with the state their facts say, page by page.
WITH fact AS (
  SELECT m.alert, m.route, m.seq, m.target_seq, m.address, coalesce(t.area, '') AS area,
         CASE WHEN c.seq IS NOT NULL THEN c.verdict
              WHEN x.seq IS NOT NULL THEN x.kind
              WHEN r.seq IS NOT NULL THEN CASE WHEN r.claim IS NULL THEN 'queued' ELSE 'claimed' END
              WHEN m.seq >= d.cursor THEN coalesce(d.ended_as, 'queued')
              WHEN (SELECT true FROM submission s
                            WHERE s.alert = m.alert AND s.route = m.route AND s.seq = m.seq
                                AND s.outcome = 'accepted' LIMIT 1) IS NOT NULL
              THEN 'sent' ELSE 'claimed' END AS state,
         c.code AS closing_code, x.reason AS doubt_reason, c.at AS ended_at
    FROM message m
    LEFT JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    LEFT JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
   WHERE m.alert = $1 AND (m.route, m.seq) > ($2, $3)
     AND ($4::bigint IS NULL OR m.route = $4) AND ($6::text IS NULL OR t.area = $6) AND ($7::text IS NULL OR m.address = $7)
)
SELECT f.route, f.seq, f.target_seq, f.address, f.area, f.state,
       (SELECT coalesce(max(s.attempt), 0) FROM submission s
         WHERE s.alert = f.alert AND s.route = f.route AND s.seq = f.seq),
       coalesce(f.closing_code, (SELECT s.code FROM submission s
         WHERE s.alert = f.alert AND s.route = f.route AND s.seq = f.seq AND s.code IS NOT NULL
         ORDER BY s.attempt DESC, s.part DESC LIMIT 1)),
       coalesce(f.doubt_reason, (SELECT s.reason FROM submission s
         WHERE s.alert = f.alert AND s.route = f.route AND s.seq = f.seq AND s.reason IS NOT NULL
         ORDER BY s.attempt DESC, s.part DESC LIMIT 1)),
       (SELECT min(s.at) FROM submission s
         WHERE s.alert = f.alert AND s.route = f.route AND s.seq = f.seq AND s.outcome = 'accepted'),
       f.ended_at
  FROM fact f
 WHERE $5::text IS NULL OR f.state = $5
 ORDER BY f.route, f.seq LIMIT $8
