/** Query parts for durations and counts that metrics read from the database. */
import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Database } from '#kernel/database/database.ts';
import type { DB } from '#kernel/database/schema.ts';
import type { HistogramRow } from '#kernel/telemetry/databaseHistogram.ts';

/** Durations of one label set, as counts per bucket. */
export interface DurationTotals {
  labels: Record<string, string>;
  /** How many durations are at or below each edge, in the order of the edges. */
  cumulative: number[];
  sum: number;
  count: number;
}

interface Duration {
  labels: Record<string, string>;
  seconds: number;
}

export const NO_LABELS = sql<Record<string, string>>`'{}'::jsonb`;

/** The seconds between two times; null when one of them is null. */
export const secondsBetween = (from: Expression<Date | null>, to: Expression<Date | null>) =>
  sql<number>`extract(epoch FROM ${to} - ${from})::float8`;

/** A count as a number: the driver returns a bigint as a string. */
export const counted = <T extends keyof DB>({ cast, fn }: ExpressionBuilder<DB, T>) =>
  cast<number>(fn.countAll(), 'float8').as('count');

/** How many of an array of durations are at or below each edge. */
const countsBelow = (durations: Expression<number[]>, edges: readonly number[]) =>
  sql<number[]>`(SELECT array_agg(
      (SELECT count(*) FROM unnest(${durations}) x WHERE x <= edge)::float8 ORDER BY edge)
    FROM unnest(${edges}::float8[]) edge)`;

/** One row for each label set that has durations. @param edges upper edges in seconds. */
export function durationTotals<T extends keyof DB>(
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

/**
 * Adds an empty row for each label set without durations: in a series that begins above zero,
 * Prometheus does not see the first increase.
 */
export function histogramRows(
  rows: DurationTotals[],
  labelSets: readonly Record<string, string>[],
  edges: readonly number[],
): HistogramRow[] {
  const key = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).toSorted());
  const known = new Map(rows.map((row) => [key(row.labels), row]));
  return labelSets.map((labels) => {
    const { cumulative = [], sum = 0, count = 0 } = known.get(key(labels)) ?? {};
    const buckets = edges.map((le, index) => ({ le, count: cumulative[index] ?? 0 }));
    return { labels, cumulative: buckets, sum, count };
  });
}
