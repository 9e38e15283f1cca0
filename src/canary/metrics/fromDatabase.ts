/** Metrics of the canary that are read from the database at each scrape. */
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import {
  durationTotals,
  histogramRows,
  NO_LABELS,
  secondsBetween,
} from '#kernel/eventStore/durationTotals.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { CANARY_OUTCOMES, type CanaryMetric } from '../metrics.ts';
import { createCanaryRuns } from '../store.ts';

const EDGES = BUCKETS.workflow;

/** @returns a function that sets the family's metrics to the values in the database. */
export function createCollect(pool: Pool) {
  const db = typed(pool);
  const runs = createCanaryRuns(pool);

  const completed = () =>
    db
      .selectFrom('canary_runs')
      .select(({ ref }) => [
        NO_LABELS.as('labels'),
        secondsBetween(ref('started_at'), ref('onboarded_at')).as('seconds'),
      ])
      .where('outcome', '=', 'completed');

  return async (metrics: Metrics<CanaryMetric>): Promise<void> => {
    const [totals, { failuresInARow, lastSuccessSeconds }, durations] = await Promise.all([
      runs.totals(),
      runs.latest(),
      durationTotals(db, completed(), EDGES),
    ]);
    metrics.setTotals(
      'canary_runs_total',
      CANARY_OUTCOMES.map((outcome) => ({
        labels: { outcome },
        value: totals.find((row) => row.outcome === outcome)?.count ?? 0,
      })),
    );
    metrics.set('canary_failures_in_a_row', {}, failuresInARow);
    metrics.set('canary_last_success_timestamp_seconds', {}, lastSuccessSeconds);
    metrics.setHistogram('canary_duration_seconds', histogramRows(durations, [{}], EDGES));
  };
}
