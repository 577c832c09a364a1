-- What waits and what is under way on each route, over the dispatches that are not done, and since when the oldest of
-- those with something queued was approved.
SELECT dispatch.route, sum(dispatch.queued), sum(dispatch.in_flight), sum(dispatch.uncertain),
       min(CASE WHEN dispatch.queued > 0 THEN alert.approved_at END)
  FROM dispatch JOIN alert ON alert.id = dispatch.alert
 WHERE dispatch.state <> 'done'
 GROUP BY dispatch.route ORDER BY dispatch.route
