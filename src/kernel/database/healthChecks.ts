/** Runs sql/health/*.sql, which /metrics, the CLI and the CronJob share. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pool } from 'pg';

export const SEVERITIES = ['ok', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface HealthResult {
  check: string;
  severity: Severity;
  value: number;
  detail: string;
}

export interface HealthOutcome {
  check: string;
  durationMs: number;
  /** Undefined when the check itself failed. */
  result?: HealthResult;
  error?: string;
}

const FOLDER = path.resolve(import.meta.dirname, '../../../sql/health');

export interface HealthCheck {
  name: string;
  sql: string;
}

/** Every check, by the name of its file. */
export async function loadHealthChecks(): Promise<HealthCheck[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: path.basename(file, '.sql'),
      sql: await readFile(path.join(FOLDER, file), 'utf8'),
    })),
  );
}

/** Runs one check. A failure is an outcome, too, so that the other checks still run. */
async function runOne(pool: Pool, { name: check, sql }: HealthCheck): Promise<HealthOutcome> {
  const started = performance.now();
  const durationMs = () => performance.now() - started;
  try {
    const { rows } = await pool.query<HealthResult>(sql);
    return { check, durationMs: durationMs(), result: rows[0]! };
  } catch (error) {
    return { check, durationMs: durationMs(), error: (error as Error).message };
  }
}

/** Runs the checks one after the other, so that they do not slow down other work. */
export async function runHealthChecks(pool: Pool, checks: HealthCheck[]): Promise<HealthOutcome[]> {
  const outcomes: HealthOutcome[] = [];
  for (const check of checks) outcomes.push(await runOne(pool, check));
  return outcomes;
}
