-- Messages of each commune by the state their facts say.
SELECT t.area,
       CASE WHEN c.seq IS NOT NULL THEN c.verdict
            WHEN x.seq IS NOT NULL THEN x.kind
            WHEN r.seq IS NOT NULL THEN CASE WHEN r.claim IS NULL THEN 'queued' ELSE 'claimed' END
            WHEN m.seq >= d.cursor THEN coalesce(d.ended_as, 'queued')
            WHEN EXISTS (SELECT FROM submission s
                          WHERE s.alert = m.alert AND s.route = m.route AND s.seq = m.seq AND s.outcome = 'accepted')
            THEN 'sent' ELSE 'claimed' END AS state,
       count(*)
  FROM message m
  JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
  JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
  LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
  LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
  LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
 WHERE m.alert = $1
 GROUP BY 1, 2 ORDER BY 1, 2
