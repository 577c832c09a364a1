-- Targets and exclusions of each commune.
SELECT area, sum(targets)::bigint, sum(excluded)::bigint
  FROM (SELECT area, count(*) AS targets, 0 AS excluded FROM target WHERE alert = $1 GROUP BY area
        UNION ALL
        SELECT area, 0, count(*) FROM exclusion WHERE alert = $1 GROUP BY area) both_kinds
 GROUP BY area ORDER BY area
