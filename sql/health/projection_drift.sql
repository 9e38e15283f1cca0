-- Meaning: organizations whose read model differs from what their events rebuild. A sample: the
-- ten changed last and ten at random. Each is rebuilt in a savepoint and rolled back.
-- Threshold: critical above 0: the read models are wrong.
-- What to do: docs/runbooks/EventProcessingErrors.md
WITH latest AS (
  SELECT org_id FROM organizations_projection ORDER BY updated_at DESC LIMIT 10
), anywhere AS (
  SELECT org_id FROM organizations_projection TABLESAMPLE BERNOULLI (1) LIMIT 10
), sampled AS (
  SELECT org_id FROM latest UNION SELECT org_id FROM anywhere
), compared AS MATERIALIZED (
  SELECT o.org_id, to_jsonb(o) AS now, rebuilt_organization(o.org_id) AS rebuilt
  FROM sampled JOIN organizations_projection o USING (org_id)
)
SELECT 'projection_drift' AS check,
  CASE WHEN count(*) = 0 THEN 'ok' ELSE 'critical' END AS severity,
  count(*)::float8 AS value,
  coalesce(string_agg(org_id::text, ', '), 'none') AS detail
FROM compared WHERE rebuilt IS NOT NULL AND rebuilt <> now;
