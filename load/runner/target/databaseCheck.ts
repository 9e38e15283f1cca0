/** Checks the embedded stack's database after the load, by SQL. */
import { loadConfig } from '#config.ts';
import { loadHealthChecks, runHealthChecks } from '#kernel/database/healthChecks.ts';
import { createPool } from '#kernel/database/pool.ts';
import type { ExpectedRows } from './target.ts';

const COMPLETED = `SELECT count(*)::float8 AS count FROM workflow_runs_projection
  WHERE workflow_type = 'OrganizationBootstrapWorkflow' AND outcome = 'completed'`;
const UNPROCESSED =
  'SELECT count(*)::float8 AS count FROM domain_events WHERE processed_at IS NULL';

/** @returns the problems; empty when there are none. */
export async function databaseProblems(
  env: Record<string, string>,
  expected: ExpectedRows,
): Promise<string[]> {
  const pool = createPool(loadConfig('migrate', env), 'a4c-load');
  const count = async (sql: string) => (await pool.query<{ count: number }>(sql)).rows[0]!.count;
  try {
    const completed = await count(COMPLETED);
    const unprocessed = await count(UNPROCESSED);
    const health = await runHealthChecks(pool, await loadHealthChecks());
    const isRight = expected.orMore
      ? completed >= expected.completed
      : completed === expected.completed;
    return [
      ...(isRight
        ? []
        : [`the database has ${completed} completed bootstraps of ${expected.completed}`]),
      ...(unprocessed === 0 ? [] : [`the database has ${unprocessed} unprocessed events`]),
      ...health
        .filter(({ result }) => result?.severity !== 'ok')
        .map(({ check, result, error }) => `sql/health ${check}: ${result?.detail ?? error}`),
    ];
  } finally {
    await pool.end();
  }
}
