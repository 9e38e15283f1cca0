/** Metrics that are read from the database at each scrape; the same in every replica. */
import { WORKFLOWS } from '#families.ts';
import type { DurationTotals, MetricQueries, RunTotal } from '#kernel/eventStore/metricQueries.ts';
import type { HistogramRow } from '#kernel/telemetry/databaseHistogram.ts';
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';
import type { Metrics, TotalRow } from '#kernel/telemetry/metrics.ts';
import { LABEL_VALUES, METRICS, type MetricName } from '#metricCatalogue.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';

const EDGES = BUCKETS.workflow;
const FAILURES: readonly string[] = ['failed', 'terminated', 'timed_out'];
const TYPES = LABEL_VALUES.workflow_type;

/** Every known label set, at zero until a row says more: a series born at 1 shows no increase. */
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

const EMPTY = { cumulative: EDGES.map(() => 0), sum: 0, count: 0 };

const histogramRow = ({ labels, cumulative, sum, count }: DurationTotals): HistogramRow => ({
  labels,
  cumulative: EDGES.map((le, index) => ({ le, count: cumulative[index] ?? 0 })),
  sum,
  count,
});

/** One row for every label set, empty where there is nothing yet. */
function completed(rows: DurationTotals[], labelSets: Record<string, string>[]): HistogramRow[] {
  const key = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).toSorted());
  const known = new Map(rows.map((row) => [key(row.labels), row]));
  return labelSets.map((labels) => histogramRow(known.get(key(labels)) ?? { labels, ...EMPTY }));
}

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
  const bootstrapped = totals.filter(
    (row) => row.workflow_type === ORGANIZATION_BOOTSTRAP && row.outcome === 'completed',
  );
  const value = bootstrapped.reduce((sum, row) => sum + row.count, 0);
  metrics.setTotals('organization_bootstrap_completed_total', [{ labels: {}, value }]);
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
  const [runs, bootstraps, dns] = await Promise.all([
    queries.runDurations(EDGES),
    queries.bootstrapDurations(EDGES),
    queries.dnsPropagation(EDGES),
  ]);
  metrics.setHistogram('workflow_duration_seconds', completed(runs, RUN_LABEL_SETS));
  metrics.setHistogram('organization_bootstrap_duration_seconds', completed(bootstraps, [{}]));
  metrics.setHistogram('dns_propagation_duration_seconds', completed(dns, [{}]));
}

async function collectInvitations(
  metrics: Metrics<MetricName>,
  queries: MetricQueries,
): Promise<void> {
  const { sent, pending } = await queries.invitationTotals();
  metrics.setTotals('invitations_sent_total', [{ labels: {}, value: sent }]);
  metrics.set('invitations_pending', {}, pending);
}

/** The series that show old truth when the database cannot be asked: they go away instead. */
const SERIES = (Object.entries<MetricDefinition>(METRICS) as [MetricName, MetricDefinition][])
  .filter(([, { fromDatabase, type }]) => fromDatabase && type !== 'histogram')
  .map(([name]) => name);

export function collectDatabaseMetrics(metrics: Metrics<MetricName>, queries: MetricQueries): void {
  metrics.onScrape(async () => {
    try {
      await Promise.all([
        collectRuns(metrics, queries),
        collectDurations(metrics, queries),
        collectInvitations(metrics, queries),
      ]);
    } catch {
      for (const name of SERIES) metrics.setTotals(name, []);
    }
  });
}
