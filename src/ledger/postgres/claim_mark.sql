-- The retries of a claim are under way.
UPDATE retry r SET claim = $4
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS j (alert, route, seq)
 WHERE r.alert = j.alert AND r.route = j.route AND r.seq = j.seq
