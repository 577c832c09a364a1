-- Removes retries and says whether they were under way.
DELETE FROM retry r
 USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS j (alert, route, seq)
 WHERE r.alert = j.alert AND r.route = j.route AND r.seq = j.seq
RETURNING r.alert, r.route, r.seq, r.claim IS NOT NULL
