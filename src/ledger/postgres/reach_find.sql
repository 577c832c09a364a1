-- People whom the next messages of the earlier alert reached or may have reached.
INSERT INTO reached (alert, person)
SELECT DISTINCT CAST($5 AS BIGINT), t.person
  FROM (SELECT * FROM message WHERE alert = $1 AND (route, seq) > ($2, $3) ORDER BY route, seq LIMIT $4) m
    JOIN dispatch d ON d.alert = m.alert AND d.route = m.route
    JOIN target t ON t.alert = m.alert AND t.seq = m.target_seq
    LEFT JOIN closing c ON c.alert = m.alert AND c.route = m.route AND c.seq = m.seq
    LEFT JOIN doubt x ON x.alert = m.alert AND x.route = m.route AND x.seq = m.seq
    LEFT JOIN retry r ON r.alert = m.alert AND r.route = m.route AND r.seq = m.seq
 WHERE CASE WHEN c.seq IS NOT NULL
              THEN c.verdict = 'delivered' OR (c.verdict = 'undelivered' AND d.parts > 1)
                   OR (c.verdict <> 'undelivered' AND EXISTS (SELECT FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                        AND s.seq = m.seq AND s.outcome = 'accepted'))
              WHEN x.seq IS NOT NULL THEN true
              WHEN r.seq IS NOT NULL AND r.claim IS NULL
              THEN r.possible_repeat = 1 OR EXISTS (SELECT FROM submission s WHERE s.alert = m.alert AND s.route = m.route
                                                 AND s.seq = m.seq AND s.outcome = 'accepted')
              ELSE m.seq < d.cursor END
ON CONFLICT (alert, person) DO NOTHING
