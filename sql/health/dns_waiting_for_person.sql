-- Meaning: runs that wait for a person to retry, skip or abort their DNS verification.
-- Threshold: warning above 0; critical when one has waited for 12 of its 24 hours.
-- What to do: docs/runbooks/DNSVerificationWaitingForPerson.md
SELECT 'dns_waiting_for_person' AS check,
  CASE
    WHEN count(*) = 0 THEN 'ok'
    WHEN min(updated_at) < now() - interval '12 hours' THEN 'critical'
    ELSE 'warning'
  END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(workflow_id, ', ' ORDER BY updated_at), 'none') AS detail
FROM (
  SELECT workflow_id, updated_at FROM organizations_projection
  WHERE status = 'provisioning' AND subdomain_status = 'verifying' AND kind <> 'canary'
  ORDER BY updated_at LIMIT 100
) waiting;
