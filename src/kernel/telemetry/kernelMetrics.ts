/** The metrics that belong to no family: workflows, activities, HTTP, event store, processes. */
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { BUCKETS, counter, gauge, histogram, type MetricDefinition } from './metricDefinition.ts';
import { PROCESS_METRICS, SERVER_METRICS } from './processMetricDefinitions.ts';

/** Closed label values: every combination begins at zero. */
export const KERNEL_LABEL_VALUES = {
  task_queue: QUEUE_NAMES,
  workflow_outcome: ['completed', 'failed', 'cancelled', 'terminated', 'timed_out'],
  activity_outcome: ['completed', 'failed', 'cancelled'],
  mail_outcome: ['sent', 'failed', 'unknown'],
  resolver_result: ['found', 'not_found', 'mismatch', 'error'],
  dependency: [
    'database',
    'temporal',
    'search_attributes',
    'supabase_keys',
    'supabase_auth',
    'cloudflare',
    'mail',
  ],
  call_outcome: ['ok', 'refused', 'limited', 'failed', 'silent'],
  version_state: ['current', 'ramping', 'draining', 'drained', 'inactive'],
  rejected_token_reason: ['missing', 'invalid', 'blocked', 'keys_unavailable'],
} as const;

export const KERNEL_METRICS = {
  // Workflows: totals of the read model workflow_runs_projection, so that a crash loses none.
  workflow_started_total: counter({
    help: 'Workflow runs started.',
    labels: ['workflow_type', 'task_queue'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_completed_total: counter({
    help: 'Workflow runs that completed.',
    labels: ['workflow_type', 'task_queue'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_failed_total: counter({
    help: 'Workflow runs that failed, were terminated or timed out; not those that a person cancelled.',
    labels: ['workflow_type', 'task_queue'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_closed_total: counter({
    help: 'Workflow runs that ended, by outcome.',
    labels: ['workflow_type', 'task_queue', 'outcome'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_duration_seconds: histogram({
    help: 'Time from the start to the end of a workflow run.',
    labels: ['workflow_type', 'outcome'],
    buckets: BUCKETS.workflow,
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_runs_in_flight: gauge({
    help: 'Workflow runs that have started and not ended.',
    unit: 'short',
    labels: ['workflow_type'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),
  workflow_oldest_run_age_seconds: gauge({
    help: 'Age of the oldest workflow run in flight; 0 when there is none.',
    unit: 's',
    labels: ['workflow_type'],
    from: 'api',
    source: 'database: workflow_runs_projection',
    fromDatabase: true,
  }),

  // Activities: attempts, counted by the worker's activity interceptor.
  activity_executed_total: counter({
    help: 'Attempts at an activity that ended.',
    labels: ['activity'],
    from: 'worker',
    source: 'activity interceptor',
  }),
  activity_failed_total: counter({
    help: 'Attempts at an activity that failed.',
    labels: ['activity'],
    from: 'worker',
    source: 'activity interceptor',
  }),
  activity_duration_seconds: histogram({
    help: 'Duration of one attempt at an activity.',
    labels: ['activity', 'outcome'],
    buckets: BUCKETS.activity,
    from: 'worker',
    source: 'activity interceptor',
  }),
  activity_retry_count: histogram({
    help: 'Attempts before the one that completed.',
    unit: 'short',
    labels: ['activity'],
    buckets: BUCKETS.retries,
    from: 'worker',
    source: 'activity interceptor',
  }),
  activity_waits_total: counter({
    help: 'Attempts at an activity whose error is waited out, by who gave it and its kind.',
    labels: ['provider', 'kind'],
    from: 'worker',
    source: 'activity wrapper: src/kernel/patience/table.ts',
  }),
  dns_verification_lookups_total: counter({
    help: 'Answers of each resolver about a domain. Resolvers are numbered in their configured order.',
    labels: ['resolver', 'result'],
    from: 'worker',
    source: 'verifyDNSActivity',
  }),
  mails_total: counter({
    help: 'Mails handed to the mail server, by outcome of the attempt.',
    labels: ['kind', 'outcome'],
    from: 'worker',
    source: 'e-mail provider',
  }),

  // HTTP.
  http_requests_total: counter({
    help: 'HTTP requests answered.',
    labels: ['method', 'route', 'status'],
    from: 'api',
    source: 'request middleware',
  }),
  http_request_duration_seconds: histogram({
    help: 'Time to answer an HTTP request.',
    labels: ['method', 'route'],
    buckets: BUCKETS.http,
    from: 'api',
    source: 'request middleware',
  }),
  http_requests_in_flight: gauge({
    help: 'HTTP requests being answered.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'request middleware',
  }),
  http_rejected_tokens_total: counter({
    help: 'Requests refused for their token.',
    labels: ['reason'],
    from: 'api',
    source: 'authentication',
  }),

  // Event store.
  events_appended_total: counter({
    help: 'Appends that ended, repeated ones not counted.',
    labels: ['aggregate_type'],
    from: 'both',
    source: 'event store, after the append',
  }),
  events_projected_total: counter({
    help: 'Events projected in the transaction that appended them.',
    labels: ['aggregate_type'],
    from: 'both',
    source: 'event store, after the append',
  }),
  events_failed_total: counter({
    help: 'Appends whose event was not projected: its own projection failed, or it is held.',
    labels: ['aggregate_type'],
    from: 'both',
    source: 'event store, after the append',
  }),
  event_append_duration_seconds: histogram({
    help: 'Time to append and project one event.',
    labels: ['aggregate_type'],
    buckets: BUCKETS.http,
    from: 'both',
    source: 'event store, after the append',
  }),
  events_unprocessed: gauge({
    help: 'Events that are stored and not projected.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'sql/health/unprocessed_events.sql',
  }),
  events_unprocessed_oldest_age_seconds: gauge({
    help: 'Age of the oldest event that is not projected; 0 when there is none.',
    unit: 's',
    labels: [],
    from: 'api',
    source: 'sql/health/unprocessed_events.sql',
  }),
  event_streams_blocked: gauge({
    help: 'Streams that wait for a failed event, parked ones included.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'sql/health/blocked_streams.sql',
  }),
  event_streams_parked: gauge({
    help: 'Streams whose failed event is no longer retried.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'sql/health/parked_streams.sql',
  }),

  // Dependencies: asked in the background, so that no scrape waits for one.
  dependency_up: gauge({
    help: 'Whether a dependency serves this process: 1, or 0 when it refuses or is silent.',
    unit: 'short',
    labels: ['dependency'],
    from: 'both',
    source: 'src/kernel/outbound/dependencies.ts, in the background',
  }),
  search_attribute_missing: gauge({
    help: 'Whether the namespace lacks a search attribute that runs need.',
    unit: 'short',
    labels: ['attribute'],
    from: 'both',
    source: 'Temporal: listSearchAttributes, in the background',
  }),

  provider_requests_total: counter({
    help: 'Calls of providers: ok, refused (4xx), limited (429), failed (5xx), or silent (no answer).',
    labels: ['provider', 'endpoint', 'outcome'],
    from: 'both',
    source: 'our clients of providers: src/kernel/outbound/calls.ts',
  }),
  provider_request_duration_seconds: histogram({
    help: 'Time until a provider answered a call, or was given up.',
    labels: ['provider', 'endpoint'],
    buckets: BUCKETS.provider,
    from: 'both',
    source: 'our clients of providers: src/kernel/outbound/calls.ts',
  }),

  // Work of which one process at a time does a round.
  leader_round_age_seconds: gauge({
    help: 'Time since the last finished round of work that one process at a time does.',
    unit: 's',
    labels: ['work'],
    from: 'api',
    source: 'database: leases',
    fromDatabase: true,
  }),
  lease_expires_in_seconds: gauge({
    help: 'Time until the lease of such work ends; negative while nobody holds it.',
    unit: 's',
    labels: ['lease'],
    from: 'api',
    source: 'database: leases',
    fromDatabase: true,
  }),

  // Health checks: sql/health/*.sql.
  a4c_health_check_value: gauge({
    help: 'What a health check counts.',
    unit: 'short',
    labels: ['check'],
    from: 'api',
    source: 'sql/health/*.sql',
  }),
  a4c_health_check_severity: gauge({
    help: 'Verdict of a health check: 0 ok, 1 warning, 2 critical.',
    unit: 'short',
    labels: ['check'],
    from: 'api',
    source: 'sql/health/*.sql',
  }),
  a4c_health_check_duration_seconds: gauge({
    help: 'How long a health check took.',
    unit: 's',
    labels: ['check'],
    from: 'api',
    source: 'sql/health/*.sql',
  }),
  a4c_health_check_last_success_timestamp_seconds: gauge({
    help: 'When a health check last succeeded, as Unix time.',
    unit: 'dateTimeFromNow',
    labels: ['check'],
    from: 'api',
    source: 'sql/health/*.sql',
  }),

  ...SERVER_METRICS,
  ...PROCESS_METRICS,
} as const satisfies Record<string, MetricDefinition>;

export type KernelMetricName = keyof typeof KERNEL_METRICS;
