-- Meaning: runs that have been open for longer than two hours and do not wait for a person's
-- decision, and all runs that have been open for longer than 26 hours.
-- Threshold: warning above 0; critical for one older than 26 hours.
-- What to do: docs/runbooks/WorkflowStuck.md
SELECT 'runs_without_end' AS check,
  CASE
    WHEN count(*) = 0 THEN 'ok'
    WHEN min(started_at) < now() - interval '26 hours' THEN 'critical'
    ELSE 'warning'
  END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(workflow_id, ', ' ORDER BY started_at), 'none') AS detail
FROM (
  SELECT r.workflow_id, r.started_at
  FROM workflow_runs_projection r
  LEFT JOIN organizations_projection o USING (org_id)
  WHERE r.closed_at IS NULL AND r.started_at < now() - interval '2 hours'
    -- Invitations and single sign-on wait for people, for days.
    AND r.task_queue = 'bootstrap'
    -- A canary has a shorter time limit, and an alert of its own.
    AND o.kind IS DISTINCT FROM 'canary'
    AND (o.subdomain_status IS DISTINCT FROM 'verifying' OR r.started_at < now() - interval '26 hours')
  ORDER BY r.started_at LIMIT 100
) open_runs;
