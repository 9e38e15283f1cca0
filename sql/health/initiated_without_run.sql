-- Meaning: accepted requests without any event of a workflow after five minutes.
-- Threshold: warning above 0; critical when one is older than 30 minutes.
-- What to do: docs/runbooks/WorkflowStuck.md
SELECT 'initiated_without_run' AS check,
  CASE
    WHEN count(*) = 0 THEN 'ok'
    WHEN min(created_at) < now() - interval '30 minutes' THEN 'critical'
    ELSE 'warning'
  END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(workflow_id, ', ' ORDER BY created_at), 'none') AS detail
FROM (
  SELECT workflow_id, created_at FROM organizations_projection
  WHERE status = 'pending' AND kind <> 'canary' AND created_at < now() - interval '5 minutes'
  ORDER BY created_at LIMIT 100
) pending;
