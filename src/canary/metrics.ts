/** Metrics of the canary. */
import {
  BUCKETS,
  counter,
  gauge,
  histogram,
  type MetricDefinition,
} from '#kernel/telemetry/metricDefinition.ts';

/** How a canary ends. `cleanup_failed`: something of it, or of an earlier one, could not be removed. */
export const CANARY_OUTCOMES = ['completed', 'failed', 'cleanup_failed'] as const;

const ofRuns = { from: 'api', source: 'database: canary_runs', fromDatabase: true } as const;
const ofSettings = { from: 'api', source: 'src/canary/background.ts', labels: [] } as const;

export const CANARY_METRICS = {
  canary_runs_total: counter({
    help: 'Canaries that have ended, by outcome: completed, failed, cleanup_failed (something of one is left).',
    labels: ['outcome'],
    ...ofRuns,
  }),
  canary_failures_in_a_row: gauge({
    help: 'Canaries that have not completed since the last one that has.',
    unit: 'short',
    labels: [],
    ...ofRuns,
  }),
  canary_last_success_timestamp_seconds: gauge({
    help: 'When the last canary completed; 0 before the first one.',
    unit: 'dateTimeFromNow',
    labels: [],
    ...ofRuns,
  }),
  canary_duration_seconds: histogram({
    help: 'Time from a canary’s request to its active organization and its mail, of completed ones.',
    labels: [],
    buckets: BUCKETS.workflow,
    ...ofRuns,
  }),
  canary_enabled: gauge({
    help: '1 while canaries are made, 0 while they are switched off.',
    unit: 'short',
    ...ofSettings,
  }),
  canary_interval_seconds: gauge({
    help: 'From the start of one canary to that of the next, as configured.',
    unit: 's',
    ...ofSettings,
  }),
} as const satisfies Record<string, MetricDefinition>;

export type CanaryMetric = keyof typeof CANARY_METRICS;
