-- Meaning: blocked aggregates that are no longer retried automatically.
-- Threshold: critical above 0: they stay blocked until a person acts.
-- What to do: docs/runbooks/EventProcessingErrors.md
SELECT 'parked_streams' AS check,
  CASE WHEN count(*) = 0 THEN 'ok' ELSE 'critical' END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(aggregate_type || ' ' || aggregate_id, ', ' ORDER BY aggregate_id), 'none') AS detail
FROM (
  SELECT aggregate_type, aggregate_id FROM event_streams
  WHERE blocked_at_version IS NOT NULL AND parked_at IS NOT NULL LIMIT 100
) parked;
