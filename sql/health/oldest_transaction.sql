-- Meaning: age of the oldest open transaction of this database, in seconds. It holds up vacuum and
-- every reader that waits for older transactions.
-- Threshold: warning above 300, critical above 1800.
-- What to do: docs/runbooks/PgPoolExhausted.md
SELECT 'oldest_transaction' AS check,
  CASE WHEN age > 1800 THEN 'critical' WHEN age > 300 THEN 'warning' ELSE 'ok' END AS severity,
  age AS value,
  coalesce('pid ' || pid || ', ' || application_name, 'none') AS detail
FROM (SELECT 1) always
LEFT JOIN LATERAL (
  SELECT pid, application_name, extract(epoch FROM now() - xact_start)::float8 AS seconds
  FROM pg_stat_activity
  WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
  ORDER BY xact_start LIMIT 1
) oldest ON true
CROSS JOIN LATERAL (SELECT coalesce(seconds, 0) AS age) aged;
