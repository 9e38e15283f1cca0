-- Meaning: size of the largest index that should be nearly empty, in megabytes. The partial
-- indexes hold unprocessed events and blocked streams alone; entries of old ones that vacuum has
-- not removed make the health checks slow.
-- Threshold: warning above 64, critical above 512.
-- What to do: docs/runbooks/HealthCheckStale.md
SELECT 'index_bloat' AS check,
  CASE WHEN max(megabytes) > 512 THEN 'critical' WHEN max(megabytes) > 64 THEN 'warning' ELSE 'ok' END AS severity,
  max(megabytes) AS value,
  (array_agg(indexrelid::text ORDER BY megabytes DESC))[1] AS detail
FROM (
  SELECT indexrelid::regclass AS indexrelid, pg_relation_size(indexrelid) / 1048576.0::float8 AS megabytes
  FROM pg_index
  WHERE indpred IS NOT NULL
    AND indrelid IN ('domain_events'::regclass, 'event_streams'::regclass)
) partial;
