-- Templates of a route.
SELECT facts FROM provider_template WHERE route = $1 ORDER BY id
