-- What is seen of a post, if anything of it has changed.
INSERT INTO exhibit (route, reference, permalink, metrics, at)
SELECT $1::bigint, $2::text, $3::text, $4::text, $5::bigint
 WHERE NOT EXISTS (SELECT FROM exhibit e WHERE e.route = $1 AND e.reference = $2
                      AND e.id = (SELECT max(id) FROM exhibit WHERE route = $1 AND reference = $2)
                      AND e.metrics = $4 AND coalesce(e.permalink, '') = coalesce($3::text, ''))
