-- The least urgent dispatch that has work for these routes (the share of bulk), then the oldest.
SELECT d.alert, d.route, d.priority, d.expires_at, d.cursor, d.end_seq,
       (SELECT true FROM retry r
                WHERE r.alert = d.alert AND r.route = d.route AND r.claim IS NULL
                    AND r.due_at <= $2 LIMIT 1) IS NOT NULL AS due
  FROM dispatch d
 WHERE d.route = ANY ($1::bigint[]) AND d.state <> 'done' AND d.state = 'running'
   AND d.ended_as IS NULL AND d.expires_at > $2
   AND (d.cursor < d.end_seq
        OR (SELECT true FROM retry r
                    WHERE r.alert = d.alert AND r.route = d.route AND r.claim IS NULL
                        AND r.due_at <= $2 LIMIT 1) IS NOT NULL)
 ORDER BY d.priority ASC, d.alert, d.route LIMIT 1
   FOR NO KEY UPDATE OF d
