/** Totals that the database knows better than any process: exact after every crash. */
import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, typed } from '#kernel/database/database.ts';
import type { DB } from '#kernel/database/schema.ts';

/** Runs of one label set; `outcome` is null for runs in flight. */
export type RunTotal = Awaited<ReturnType<MetricQueries['runTotals']>>[number];

/** Durations of one label set, counted into buckets. */
export interface DurationTotals {
  labels: Record<string, string>;
  /** How many durations are at or below each edge, in the order of the edges. */
  cumulative: number[];
  sum: number;
  count: number;
}

export type MetricQueries = ReturnType<typeof createMetricQueries>;

interface Duration {
  labels: Record<string, string>;
  seconds: number;
}

const NOW = sql<Date>`clock_timestamp()`;
const NO_LABELS = sql<Record<string, string>>`'{}'::jsonb`;

const secondsBetween = (from: Expression<Date | null>, to: Expression<Date | null>) =>
  sql<number>`extract(epoch FROM ${to} - ${from})::float8`;

/** A count as a number: the driver gives a bigint as text. */
const counted = <T extends keyof DB>({ cast, fn }: ExpressionBuilder<DB, T>) =>
  cast<number>(fn.countAll(), 'float8').as('count');

/** How many of an array of durations are at or below each edge. */
const countsBelow = (durations: Expression<number[]>, edges: readonly number[]) =>
  sql<number[]>`(SELECT array_agg(
      (SELECT count(*) FROM unnest(${durations}) x WHERE x <= edge)::float8 ORDER BY edge)
    FROM unnest(${edges}::float8[]) edge)`;

/** One row for each label set that has durations. @param edges of the buckets, in seconds. */
function durationTotals<T extends keyof DB>(
  db: Database,
  durations: SelectQueryBuilder<DB, T, Duration>,
  edges: readonly number[],
): Promise<DurationTotals[]> {
  const grouped = db
    .selectFrom(durations.as('durations'))
    .select(({ cast, fn, lit }) => [
      'labels',
      fn.agg<number[]>('array_agg', ['seconds']).as('durations'),
      cast<number>(fn.coalesce(fn.sum('seconds'), lit(0)), 'float8').as('sum'),
      cast<number>(fn.countAll(), 'float8').as('count'),
    ])
    .groupBy('labels');
  return db
    .selectFrom(grouped.as('grouped'))
    .select(({ ref }) => [
      'labels',
      countsBelow(ref('durations'), edges).as('cumulative'),
      'sum',
      'count',
    ])
    .execute();
}

export function createMetricQueries(pool: Pool) {
  const db = typed(pool);

  return {
    runTotals: () =>
      db
        .selectFrom('workflow_runs_projection')
        .select((eb) => ['workflow_type', 'task_queue', 'outcome', counted(eb)])
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
        .where('closed_at', 'is not', null);
      return durationTotals(db, runs, edges);
    },

    bootstrapDurations(edges: readonly number[]): Promise<DurationTotals[]> {
      const runs = db
        .selectFrom('workflow_runs_projection')
        .select(({ ref }) => [
          NO_LABELS.as('labels'),
          secondsBetween(ref('started_at'), ref('closed_at')).as('seconds'),
        ])
        .where('workflow_type', '=', 'OrganizationBootstrapWorkflow')
        .where('outcome', '=', 'completed');
      return durationTotals(db, runs, edges);
    },

    dnsPropagation(edges: readonly number[]): Promise<DurationTotals[]> {
      const verified = db
        .selectFrom('organizations_projection')
        .select(({ ref }) => [
          NO_LABELS.as('labels'),
          secondsBetween(ref('dns_created_at'), ref('dns_verified_at')).as('seconds'),
        ])
        .where('dns_verified_at', 'is not', null);
      return durationTotals(db, verified, edges);
    },

    invitationTotals: () =>
      db
        .selectFrom('user_invitations_projection')
        .select(({ cast, fn }) => [
          cast<number>(fn.countAll().filterWhere('email_status', '=', 'sent'), 'float8').as('sent'),
          cast<number>(
            fn
              .countAll()
              .filterWhere('status', '=', 'pending')
              .filterWhere('expires_at', '>', sql<Date>`now()`),
            'float8',
          ).as('pending'),
        ])
        .executeTakeFirstOrThrow(),

    /** What waits to be projected now; the age is 0 when nothing does. */
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
