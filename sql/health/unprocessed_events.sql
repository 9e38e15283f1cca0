-- Meaning: events that are stored and not projected, older than five minutes.
-- Threshold: warning above 0; critical when the oldest is older than an hour.
-- What to do: docs/runbooks/UnprocessedEventsOld.md
SELECT 'unprocessed_events' AS check,
  CASE
    WHEN count(*) = 0 THEN 'ok'
    WHEN min(created_at) < now() - interval '1 hour' THEN 'critical'
    ELSE 'warning'
  END AS severity,
  count(*)::float8 AS value,
  coalesce('oldest: ' || min(created_at)::text, 'none') AS detail
FROM domain_events
WHERE processed_at IS NULL AND created_at < now() - interval '5 minutes';
