-- What is seen of a post, if anything of it has changed.
INSERT INTO exhibit (route, reference, permalink, metrics, at)
SELECT ?1, ?2, ?3, ?4, ?5
 WHERE NOT EXISTS (SELECT 1 FROM exhibit e WHERE e.route = ?1 AND e.reference = ?2
                      AND e.id = (SELECT max(id) FROM exhibit WHERE route = ?1 AND reference = ?2)
                      AND e.metrics = ?4 AND coalesce(e.permalink, '') = coalesce(?3, ''))
