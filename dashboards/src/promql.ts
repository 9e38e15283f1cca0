/**
 * Builds PromQL for the dashboards. Every series of this service is selected by `$job` and
 * `$instance`. Names come from the catalogue, so that a renamed metric is a compile error.
 */

import { ENVIRONMENT as ENVIRONMENT_LABEL, type OwnSeries } from '#alerts/src/selectors.ts';
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { METRICS } from '#metricCatalogue.ts';

/** The environment that the reader has chosen; "All" also matches where there is no such label. */
const ENVIRONMENT = `${ENVIRONMENT_LABEL}=~"$environment"`;
/** Every process of the service that the reader has chosen. */
const PROCESS = `job=~"$job",instance=~"$instance",${ENVIRONMENT}`;
/** Grafana's range for rate(), calculated from scrape interval and resolution. */
const RATE_WINDOW = '$__rate_interval';
/** The time range chosen in Grafana. */
export const SHOWN_RANGE = '$__range';

const select = (series: string, ...matchers: string[]): string =>
  `${series}{${matchers.filter(Boolean).join(',')}}`;

const definitionOf = (series: string): MetricDefinition =>
  (METRICS as Record<string, MetricDefinition>)[series] ??
  (METRICS as Record<string, MetricDefinition>)[series.replace(/_(bucket|sum|count)$/, '')]!;

/** A metric of this service, of the chosen processes and (if it has the label) task queues. */
export function own(series: OwnSeries, matchers = ''): string {
  const byQueue = definitionOf(series).labels.includes('task_queue');
  return select(series, matchers, byQueue ? 'task_queue=~"$task_queue"' : '', PROCESS);
}

/** A metric of the Node process (prom-client's defaults). */
export const node = (series: string, matchers = ''): string => select(series, matchers, PROCESS);

/** A metric of another program: an exporter, the kubelet, kube-state-metrics. */
export const foreign = (series: string, matchers = ''): string =>
  select(series, matchers, ENVIRONMENT);

/** A series that a rule of `alerts/` records. */
export const recorded = (series: string, matchers = ''): string =>
  select(series, matchers, ENVIRONMENT);

/** The alerts that Prometheus knows of. */
export const alerts = (matchers: string): string => select('ALERTS', matchers, ENVIRONMENT);

/** A metric of the Temporal SDK's core, on workers, of the chosen namespace and task queues. */
export const core = (series: string, matchers = ''): string =>
  select(`temporal_${series}`, matchers, 'temporal_namespace="$namespace"', PROCESS);

/** The same for series with the label `task_queue`. */
export const coreOfQueue = (series: string, matchers = ''): string =>
  core(series, [matchers, 'task_queue=~"$task_queue"'].filter(Boolean).join(','));

export const rate = (series: string, window = RATE_WINDOW): string => `rate(${series}[${window}])`;
export const increase = (series: string, window = RATE_WINDOW): string =>
  `increase(${series}[${window}])`;

const aggregate = (operator: string, expr: string, by: readonly string[]): string =>
  by.length > 0 ? `${operator} by (${by.join(', ')}) (${expr})` : `${operator}(${expr})`;

/** Sum over processes that each count their own events. */
export const sum = (expr: string, ...by: string[]): string => aggregate('sum', expr, by);
/** Maximum over processes: every replica reads the same total from the database, so no sum. */
export const max = (expr: string, ...by: string[]): string => aggregate('max', expr, by);

/** A quantile of one histogram's buckets, already aggregated by `le`. */
export const quantile = (q: number, buckets: string): string =>
  `histogram_quantile(${q}, ${buckets})`;

export const QUANTILES = [0.5, 0.95, 0.99] as const;

/** How a quantile is called. */
export const percent = (q: number): string => `p${q * 100}`;

/** `a / b`, without a value when `b` is 0. */
export const ratio = (part: string, whole: string): string => `${part} / (${whole} > 0)`;

/** Returns 0 while the series is missing: the SDK creates it with the first failure. */
export const orNone = (expr: string, label: string): string =>
  `${expr} or on () label_replace(vector(0), "${label}", "none", "", "")`;
