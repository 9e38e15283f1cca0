/** Definitions of the metrics of the process, and of the Temporal server that it uses. */
import { counter, gauge, type MetricDefinition } from './metricDefinition.ts';

export const SERVER_METRICS = {
  // Temporal: values that are requested from the server.
  temporal_backlog_count: gauge({
    help: 'Tasks that wait for a worker.',
    unit: 'short',
    labels: ['task_queue', 'task_type'],
    from: 'api',
    source: 'Temporal: describeTaskQueue',
  }),
  temporal_backlog_age_seconds: gauge({
    help: 'Age of the oldest task that waits for a worker.',
    unit: 's',
    labels: ['task_queue', 'task_type'],
    from: 'api',
    source: 'Temporal: describeTaskQueue',
  }),
  temporal_pollers: gauge({
    help: 'Workers that poll a task queue, as the server knows them.',
    unit: 'short',
    labels: ['task_queue', 'task_type'],
    from: 'api',
    source: 'Temporal: describeTaskQueue',
  }),
  temporal_reported_problems: gauge({
    help: 'Running workflows whose tasks keep failing.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'Temporal: visibility, TemporalReportedProblems',
  }),

  // Temporal, asked in the background.
  schedule_missing: gauge({
    help: 'Whether a schedule of ours does not exist.',
    unit: 'short',
    labels: ['schedule'],
    from: 'api',
    source: 'Temporal: describeSchedule, in the background',
  }),
  schedule_paused: gauge({
    help: 'Whether a schedule is paused: it starts nothing.',
    unit: 'short',
    labels: ['schedule'],
    from: 'api',
    source: 'Temporal: describeSchedule, in the background',
  }),
  schedule_last_action_timestamp_seconds: gauge({
    help: 'When a schedule last started a run, or was made, as Unix time.',
    unit: 'dateTimeFromNow',
    labels: ['schedule'],
    from: 'api',
    source: 'Temporal: describeSchedule, in the background',
  }),
  worker_version_current: gauge({
    help: 'Whether the worker version that new runs of a queue go to is polled; without versions, whether any worker polls.',
    unit: 'short',
    labels: ['task_queue'],
    from: 'api',
    source: 'Temporal: describeTaskQueue, in the background',
  }),
  worker_version_runs: gauge({
    help: 'Open runs that can only end on a worker version; versions that are drained are left out.',
    unit: 'short',
    labels: ['task_queue', 'version', 'state'],
    from: 'api',
    source: 'Temporal: describeWorkerDeployment and visibility, in the background',
  }),
} as const satisfies Record<string, MetricDefinition>;

export const PROCESS_METRICS = {
  // Processes.
  pg_pool_connections: gauge({
    help: 'Connections of the pool.',
    unit: 'short',
    labels: ['state'],
    from: 'both',
    source: 'pg pool',
  }),
  pg_pool_waiting: gauge({
    help: 'Queries that wait for a connection.',
    unit: 'short',
    labels: [],
    from: 'both',
    source: 'pg pool',
  }),
  pg_pool_size: gauge({
    help: 'Most connections the pool may have (DATABASE_POOL_SIZE).',
    unit: 'short',
    labels: [],
    from: 'both',
    source: 'configuration',
  }),
  nodejs_heap_size_limit_bytes: gauge({
    help: 'What the heap may grow to before the process is ended.',
    unit: 'bytes',
    labels: [],
    from: 'both',
    source: 'v8.getHeapStatistics',
  }),
  a4c_build_info: gauge({
    help: 'Always 1; the labels say what runs.',
    unit: 'short',
    labels: ['version', 'revision', 'node_version'],
    from: 'both',
    source: 'package.json and BUILD_REVISION',
  }),
  secret_age_seconds: gauge({
    help: 'Time since a secret was rotated, for those whose rotation time is configured.',
    unit: 's',
    labels: ['secret'],
    from: 'both',
    source: 'configuration: SECRETS_ROTATED_AT',
  }),
  log_lines_dropped_total: counter({
    help: 'Log lines that could not be written: the disk is full, nobody reads them, or the reader is gone.',
    labels: [],
    from: 'both',
    source: 'log output',
  }),
  metrics_scrape_duration_seconds: gauge({
    help: 'How long the last scrape of this process took to collect.',
    unit: 's',
    labels: [],
    from: 'both',
    source: 'the /metrics endpoint',
  }),
} as const satisfies Record<string, MetricDefinition>;
