/**
 * How a metric is defined. Label values are closed sets: no id, address, domain, path or error
 * text.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  type: MetricType;
  help: string;
  /** Base unit, for dashboard panels. */
  unit: 'short' | 's' | 'bytes' | 'dateTimeFromNow';
  labels: readonly string[];
  buckets?: readonly number[];
  /** The process that exports it. */
  from: 'api' | 'worker' | 'both';
  /** The code that changes it, or the source that is read at each scrape. */
  source: string;
  /** Read from the database at each scrape, so it is the same in every replica. */
  fromDatabase?: true;
}

/** Upper edges in seconds; each list contains the limits of the service level objectives. */
export const BUCKETS = {
  http: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10],
  provider: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
  activity: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  workflow: [0.15, 1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200],
  retries: [0, 1, 2, 3, 5, 10],
} as const;

export const counter = (metric: Omit<MetricDefinition, 'type' | 'unit'>): MetricDefinition => ({
  type: 'counter',
  unit: 'short',
  ...metric,
});
export const gauge = (metric: Omit<MetricDefinition, 'type'>): MetricDefinition => ({
  type: 'gauge',
  ...metric,
});
export const histogram = (
  metric: Omit<MetricDefinition, 'type' | 'unit'> & { unit?: 's' | 'short' },
): MetricDefinition => ({ type: 'histogram', unit: 's', ...metric });
