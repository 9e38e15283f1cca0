-- Meaning: events whose projection failed and has not been repaired.
-- Threshold: warning above 0.
-- What to do: docs/runbooks/EventProcessingErrors.md
SELECT 'processing_errors' AS check,
  CASE WHEN count(*) = 0 THEN 'ok' ELSE 'warning' END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(DISTINCT left(event_metadata ->> 'processing_error', 5), ', '), 'none') AS detail
FROM domain_events
WHERE processed_at IS NULL AND event_metadata ? 'processing_error';
