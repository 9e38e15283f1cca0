/** Metrics that are read from the database at each scrape; the same in every replica. */
import type { Pool } from 'pg';
import { FAMILIES, WORKFLOWS } from '#families.ts';
import { histogramRows } from '#kernel/eventStore/durationTotals.ts';
import {
  createMetricQueries,
  type MetricQueries,
  type RunTotal,
} from '#kernel/eventStore/metricQueries.ts';
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';
import type { Metrics, TotalRow } from '#kernel/telemetry/metrics.ts';
import { LABEL_VALUES, METRICS, type MetricName } from '#metricCatalogue.ts';

const EDGES = BUCKETS.workflow;
const FAILURES: readonly string[] = ['failed', 'terminated', 'timed_out'];
const TYPES = LABEL_VALUES.workflow_type;

/**
 * All label sets, at zero without a row: Prometheus sees no increase in a series that begins at 1.
 */
function counted(rows: RunTotal[], matches: (row: RunTotal) => boolean): TotalRow[] {
  return WORKFLOWS.map(({ type: workflow_type, queue: task_queue }) => ({
    labels: { workflow_type, task_queue },
    value: rows
      .filter((row) => row.workflow_type === workflow_type && matches(row))
      .reduce((sum, row) => sum + row.count, 0),
  }));
}

const closedByOutcome = (rows: RunTotal[]): TotalRow[] =>
  LABEL_VALUES.workflow_outcome.flatMap((outcome) =>
    counted(rows, (row) => row.outcome === outcome).map(({ labels, value }) => ({
      labels: { ...labels, outcome },
      value,
    })),
  );

const RUN_LABEL_SETS = TYPES.flatMap((workflow_type) =>
  LABEL_VALUES.workflow_outcome.map((outcome) => ({ workflow_type, outcome })),
);

async function collectRuns(metrics: Metrics<MetricName>, queries: MetricQueries): Promise<void> {
  const [totals, inFlight] = await Promise.all([queries.runTotals(), queries.runsInFlight()]);
  metrics.setTotals(
    'workflow_started_total',
    counted(totals, () => true),
  );
  metrics.setTotals(
    'workflow_completed_total',
    counted(totals, ({ outcome }) => outcome === 'completed'),
  );
  metrics.setTotals(
    'workflow_failed_total',
    counted(totals, ({ outcome }) => FAILURES.includes(outcome ?? '')),
  );
  metrics.setTotals('workflow_closed_total', closedByOutcome(totals));
  for (const workflow_type of TYPES) {
    const runs = inFlight.find((row) => row.workflow_type === workflow_type);
    metrics.set('workflow_runs_in_flight', { workflow_type }, runs?.count ?? 0);
    metrics.set('workflow_oldest_run_age_seconds', { workflow_type }, runs?.oldestAgeSeconds ?? 0);
  }
}

async function collectDurations(
  metrics: Metrics<MetricName>,
  queries: MetricQueries,
): Promise<void> {
  const runs = await queries.runDurations(EDGES);
  metrics.setHistogram('workflow_duration_seconds', histogramRows(runs, RUN_LABEL_SETS, EDGES));
}

async function collectLeases(metrics: Metrics<MetricName>, queries: MetricQueries): Promise<void> {
  const rounds = await queries.leaderRounds();
  metrics.setTotals(
    'leader_round_age_seconds',
    rounds.map(({ name, ageSeconds }) => ({ labels: { work: name }, value: ageSeconds })),
  );
  metrics.setTotals(
    'lease_expires_in_seconds',
    rounds.map(({ name, expiresInSeconds: value }) => ({ labels: { lease: name }, value })),
  );
}

/** Loads the functions that collect the families' metrics. */
async function loadCollects(pool: Pool) {
  const loads = FAMILIES.flatMap((family) =>
    'databaseMetrics' in family ? [family.databaseMetrics] : [],
  );
  const modules = await Promise.all(loads.map((load) => load()));
  return modules.map(({ createCollect }) => createCollect(pool));
}

/** Series that are removed when the database is not available: their values would be outdated. */
const SERIES = (Object.entries<MetricDefinition>(METRICS) as [MetricName, MetricDefinition][])
  .filter(([, { fromDatabase, type }]) => fromDatabase && type !== 'histogram')
  .map(([name]) => name);

export async function collectDatabaseMetrics(
  metrics: Metrics<MetricName>,
  pool: Pool,
): Promise<void> {
  const queries = createMetricQueries(pool);
  const ofFamilies = await loadCollects(pool);
  metrics.onScrape(async () => {
    try {
      await Promise.all([
        collectRuns(metrics, queries),
        collectDurations(metrics, queries),
        collectLeases(metrics, queries),
        ...ofFamilies.map((collect) => collect(metrics)),
      ]);
    } catch {
      for (const name of SERIES) metrics.setTotals(name, []);
    }
  });
}
