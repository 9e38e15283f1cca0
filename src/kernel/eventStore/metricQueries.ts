/**
 * Totals of runs and events for metrics, read from the database: they stay exact after a crash. Runs
 * of canaries are not among them.
 */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { isNoCanarys } from '#kernel/database/canaries.ts';
import { typed } from '#kernel/database/database.ts';
import { LEADER_WORK } from '#kernel/database/lease.ts';
import { counted, type DurationTotals, durationTotals, secondsBetween } from './durationTotals.ts';

/** The number of runs with one label set; `outcome` is null for runs in progress. */
export type RunTotal = Awaited<ReturnType<MetricQueries['runTotals']>>[number];

export type MetricQueries = ReturnType<typeof createMetricQueries>;

const NOW = sql<Date>`clock_timestamp()`;

export function createMetricQueries(pool: Pool) {
  const db = typed(pool);

  return {
    runTotals: () =>
      db
        .selectFrom('workflow_runs_projection')
        .select((eb) => ['workflow_type', 'task_queue', 'outcome', counted(eb)])
        .where(isNoCanarys('workflow_runs_projection'))
        .groupBy(['workflow_type', 'task_queue', 'outcome'])
        .execute(),

    runsInFlight: () =>
      db
        .selectFrom('workflow_runs_projection')
        .select((eb) => [
          'workflow_type',
          counted(eb),
          secondsBetween(eb.fn.min('started_at'), NOW).as('oldestAgeSeconds'),
        ])
        .where('closed_at', 'is', null)
        .where(isNoCanarys('workflow_runs_projection'))
        .groupBy('workflow_type')
        .execute(),

    runDurations(edges: readonly number[]): Promise<DurationTotals[]> {
      const runs = db
        .selectFrom('workflow_runs_projection')
        .select(({ fn, ref }) => [
          fn<Record<string, string>>('jsonb_build_object', [
            sql.lit('workflow_type'),
            'workflow_type',
            sql.lit('outcome'),
            'outcome',
          ]).as('labels'),
          secondsBetween(ref('started_at'), ref('closed_at')).as('seconds'),
        ])
        .where('closed_at', 'is not', null)
        .where(isNoCanarys('workflow_runs_projection'));
      return durationTotals(db, runs, edges);
    },

    leaderRounds: () =>
      db
        .selectFrom('leases')
        .select(({ ref }) => [
          'name',
          secondsBetween(ref('finished_at'), NOW).as('ageSeconds'),
          // One that nobody has had yet expired at no time.
          secondsBetween(NOW, sql<Date>`greatest(expires_at, finished_at)`).as('expiresInSeconds'),
        ])
        .where('name', 'in', LEADER_WORK)
        .execute(),

    /** Events that wait to be projected now; the age is 0 when there are none. */
    unprocessedEvents: () =>
      db
        .selectFrom('domain_events')
        .select((eb) => [
          counted(eb),
          eb.fn
            .coalesce(secondsBetween(eb.fn.min('created_at'), NOW), eb.lit(0))
            .as('oldestAgeSeconds'),
        ])
        .where('processed_at', 'is', null)
        .executeTakeFirstOrThrow(),
  };
}
