-- The last of the next messages.
SELECT route, seq FROM (SELECT route, seq FROM message WHERE alert = ?1 AND (route, seq) > (?2, ?3)
                         ORDER BY route, seq LIMIT ?4) m
 ORDER BY route DESC, seq DESC LIMIT 1
