/** Metrics of bootstraps. */
import {
  BUCKETS,
  counter,
  gauge,
  histogram,
  type MetricDefinition,
} from '#kernel/telemetry/metricDefinition.ts';

export const ONBOARDING_METRICS = {
  organization_bootstrap_completed_total: counter({
    help: 'Organizations bootstrapped.',
    labels: [],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  organization_bootstrap_duration_seconds: histogram({
    help: 'Time from the accepted request to the active organization.',
    labels: [],
    buckets: BUCKETS.workflow,
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  dns_propagation_duration_seconds: histogram({
    help: 'Time from a DNS record to its verification by a quorum.',
    labels: [],
    buckets: BUCKETS.workflow,
    from: 'api',
    source: 'database: organizations_projection',
    fromDatabase: true,
  }),
  dns_waiting_for_person_oldest_seconds: gauge({
    help: 'How long the oldest run has waited for a person to decide about its DNS; 0 when none waits.',
    unit: 's',
    labels: [],
    from: 'api',
    source: 'database: organizations_projection',
    fromDatabase: true,
  }),
} as const satisfies Record<string, MetricDefinition>;
