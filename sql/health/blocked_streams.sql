-- Meaning: aggregates whose events wait behind one that cannot be projected.
-- Threshold: warning above 0, critical above 20.
-- What to do: docs/runbooks/EventProcessingErrors.md
SELECT 'blocked_streams' AS check,
  CASE WHEN count(*) = 0 THEN 'ok' WHEN count(*) > 20 THEN 'critical' ELSE 'warning' END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(aggregate_type || ' ' || aggregate_id, ', ' ORDER BY aggregate_id), 'none') AS detail
FROM (
  SELECT aggregate_type, aggregate_id FROM event_streams WHERE blocked_at_version IS NOT NULL LIMIT 100
) blocked;
