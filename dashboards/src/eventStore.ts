/** Event store and runtime: whether events are projected, and the state of the processes. */
import type { DashboardSpec, Section } from './frame.ts';
import { organizationLineage } from './links.ts';
import { bars, lines, number, rows } from './panels.ts';
import { increase, max, node, own, quantile, rate, SHOWN_RANGE, sum } from './promql.ts';

const AGGREGATE = 'aggregate_type';

const events: Section = {
  title: 'Event store',
  panels: [
    number({
      title: 'Not projected',
      description:
        'Events that are stored and not projected. 0 is normal: projection happens in the same transaction.',
      unit: 'short',
      queries: [{ expr: max(own('events_unprocessed')) }],
      alerts: ['EventProcessingErrors', 'UnprocessedEventsOld'],
      thresholds: { warning: 1 },
    }),
    number({
      title: 'Oldest of them',
      description:
        'Five minutes and more: read models are wrong for that long. Read its processing_error.',
      unit: 's',
      queries: [{ expr: max(own('events_unprocessed_oldest_age_seconds')) }],
      alerts: ['UnprocessedEventsOld'],
      thresholds: { critical: 300 },
    }),
    number({
      title: 'With errors',
      description:
        'Events whose projection fails. They are retried with growing pauses, ten times.',
      unit: 'short',
      queries: [{ expr: max(own('a4c_health_check_value', 'check="processing_errors"')) }],
      alerts: ['EventProcessingErrors'],
      thresholds: { warning: 1 },
    }),
    number({
      title: 'Blocked streams',
      description:
        'Organizations or invitations that wait for a failed event; their later events are held, in order.',
      unit: 'short',
      queries: [{ expr: max(own('event_streams_blocked')) }],
      alerts: ['HealthCheckFailing'],
      thresholds: { warning: 1 },
      links: [organizationLineage],
    }),
    number({
      title: 'Parked streams',
      description: 'Their event is no longer retried: correct the cause, then retry or skip it.',
      unit: 'short',
      queries: [{ expr: max(own('event_streams_parked')) }],
      alerts: ['HealthCheckFailing'],
      thresholds: { critical: 1 },
      links: [organizationLineage],
    }),
    number({
      title: 'Projected at once (30 days)',
      description: 'Share of the events. The objective is 99.9 %.',
      unit: 'percentunit',
      queries: [{ expr: '1 - slo:error_ratio:rate30d{slo="event-projection"}' }],
      alerts: ['EventProjectionErrorBudgetBurn'],
      thresholds: { critical: 0.999 },
      smallIsBad: true,
      decimals: 2,
    }),
    bars({
      title: 'Events appended',
      description: 'Per interval. None while runs are in flight: appends fail; see the logs.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('events_appended_total')), AGGREGATE),
          legend: '{{aggregate_type}}',
        },
      ],
    }),
    bars({
      title: 'Events projected, and not',
      description:
        'Per interval. not projected: the projection raised; the event is kept and retried.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('events_projected_total')), AGGREGATE),
          legend: '{{aggregate_type}} projected',
        },
        {
          expr: sum(increase(own('events_failed_total')), AGGREGATE),
          legend: '{{aggregate_type}} not projected',
        },
      ],
      alerts: ['EventProcessingErrors', 'EventProjectionErrorBudgetBurn'],
    }),
    lines({
      title: 'Projection lag',
      description:
        'Age of the oldest event without a projection. A slope of one: nothing projects it; above 5 min it pages.',
      unit: 's',
      queries: [
        { expr: max(own('events_unprocessed_oldest_age_seconds')), legend: 'oldest event' },
      ],
      softMax: 330,
      alerts: ['UnprocessedEventsOld'],
      thresholds: { critical: 300 },
    }),
    lines({
      title: 'Time to append and project one event',
      description:
        'p95 by aggregate; a dot is one append with its trace. Rising for all: the database; for one: its projection.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(own('event_append_duration_seconds_bucket')), 'le', AGGREGATE),
          ),
          legend: '{{aggregate_type}}',
          exemplars: true,
        },
      ],
    }),
  ],
};

const checks: Section = {
  title: 'Health checks (sql/health)',
  panels: [
    rows(
      {
        title: 'Verdicts',
        description:
          'The comment at the top of sql/health/<check>.sql says what it means and what to do; npm run ops -- health shows the rows.',
        unit: 'short',
        queries: [{ expr: `sort_desc(${max(own('a4c_health_check_severity'), 'check')})` }],
        alerts: ['HealthCheckFailing'],
        thresholds: { warning: 1, critical: 2 },
        width: 8,
        height: 13,
      },
      { check: 'Check', Value: 'Severity' },
      {
        answers: {
          0: { text: 'ok', color: 'green' },
          1: { text: 'WARNING', color: 'yellow' },
          2: { text: 'CRITICAL', color: 'red' },
        },
      },
    ),
    lines({
      title: 'What they count',
      description: 'By check. projection_drift above 0: a read model differs from its events.',
      unit: 'short',
      queries: [{ expr: max(own('a4c_health_check_value'), 'check'), legend: '{{check}}' }],
      alerts: ['HealthCheckFailing'],
      width: 16,
      height: 13,
    }),
    lines({
      title: 'Time since they last succeeded',
      description:
        'Above 15 min: the values above are old; the check fails or takes too long. The API logs why.',
      unit: 's',
      queries: [
        {
          expr: `time() - ${max(own('a4c_health_check_last_success_timestamp_seconds'), 'check')}`,
          legend: '{{check}}',
        },
      ],
      alerts: ['HealthCheckStale'],
      thresholds: { warning: 900 },
    }),
    lines({
      title: 'How long they take',
      description: 'Milliseconds while they stay on their indexes. Rising: EXPLAIN the file.',
      unit: 's',
      queries: [
        { expr: max(own('a4c_health_check_duration_seconds'), 'check'), legend: '{{check}}' },
      ],
      alerts: ['HealthCheckStale'],
    }),
  ],
};

const leaders: Section = {
  title: 'Work of one at a time',
  panels: [
    lines({
      title: 'Age of the last round',
      description:
        'The reconciler ends a round every 15 s, schedules are looked after every 10 minutes. Rising: nobody does it.',
      unit: 's',
      queries: [{ expr: max(own('leader_round_age_seconds'), 'work'), legend: '{{work}}' }],
      alerts: ['LeaderWorkSilent'],
    }),
  ],
};

const database: Section = {
  title: 'Connections and secrets',
  panels: [
    lines({
      title: 'Connections of the pools',
      description: 'By process and state. All in use, none idle: see what waits beside.',
      unit: 'short',
      queries: [
        {
          expr: sum(own('pg_pool_connections'), 'instance', 'state'),
          legend: '{{instance}} {{state}}',
        },
        { expr: max(own('pg_pool_size'), 'instance'), legend: '{{instance}} limit' },
      ],
      alerts: ['PgPoolExhausted'],
      width: 8,
    }),
    lines({
      title: 'Queries that wait for a connection',
      description:
        'Above 0 for 5 min: slow queries, or DATABASE_POOL_SIZE is too small. As many as connections: requests time out.',
      unit: 'short',
      queries: [{ expr: max(own('pg_pool_waiting'), 'instance'), legend: '{{instance}}' }],
      alerts: ['PgPoolWaiting', 'PgPoolExhausted'],
      width: 8,
    }),
    lines({
      title: 'Age of the secrets',
      description:
        'Of those named in SECRETS_ROTATED_AT. Above 90 days: rotate it, then set the time anew.',
      unit: 's',
      queries: [{ expr: max(own('secret_age_seconds'), 'secret'), legend: '{{secret}}' }],
      alerts: ['SecretTooOld'],
      thresholds: { warning: 7_776_000 },
      width: 8,
    }),
  ],
};

const runtime: Section = {
  title: 'Processes',
  panels: [
    number({
      title: 'Log lines dropped',
      description:
        'Within the shown range. Above 0: the disk is full, or nobody reads the logs; work goes on without them.',
      unit: 'short',
      queries: [{ expr: `round(${sum(increase(own('log_lines_dropped_total'), SHOWN_RANGE))})` }],
      width: 8,
    }),
    number({
      title: 'Restarts',
      description:
        'By process, within the shown range. Three within 30 minutes is a crash loop: its log ends with the reason.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (job) (changes(${node('process_start_time_seconds')}[${SHOWN_RANGE}]))`,
          legend: '{{job}}',
        },
      ],
      alerts: ['CrashLooping'],
      thresholds: { critical: 3 },
      width: 8,
    }),
    number({
      title: 'Running since',
      description: 'The youngest process of each job.',
      unit: 'dateTimeFromNow',
      queries: [
        { expr: `max by (job) (${node('process_start_time_seconds')}) * 1000`, legend: '{{job}}' },
      ],
      width: 8,
    }),
    number({
      title: 'Cost of a scrape',
      description: 'The slowest. Near the scrape timeout: see which health check takes long.',
      unit: 's',
      queries: [{ expr: max(own('metrics_scrape_duration_seconds'), 'job'), legend: '{{job}}' }],
      width: 8,
    }),
    lines({
      title: 'Event-loop lag (p99)',
      description:
        'Above 250 ms: synchronous work blocks everything in this process. A CPU profile shows what.',
      unit: 's',
      queries: [
        { expr: max(node('nodejs_eventloop_lag_p99_seconds'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['EventLoopLag'],
      thresholds: { warning: 0.25 },
    }),
    lines({
      title: 'Heap, of its limit',
      description: 'Above 85 %: the process is about to be ended. Rising over days: a leak.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${max(node('nodejs_heap_size_used_bytes'), 'instance')} / ${max(own('nodejs_heap_size_limit_bytes'), 'instance')}`,
          legend: '{{instance}}',
        },
      ],
      alerts: ['HeapNearLimit'],
      thresholds: { warning: 0.85 },
      max: 1,
    }),
    lines({
      title: 'Memory',
      description: 'Resident memory of each process. Compare with the limit of its container.',
      unit: 'bytes',
      queries: [
        { expr: max(node('process_resident_memory_bytes'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['HeapNearLimit'],
    }),
    lines({
      title: 'CPU',
      description: 'Cores in use. One core full: Node runs our code on one.',
      unit: 'short',
      queries: [
        { expr: sum(rate(node('process_cpu_seconds_total')), 'instance'), legend: '{{instance}}' },
      ],
    }),
    lines({
      title: 'Garbage collection',
      description: 'Share of the time, by kind. Above some percent: the heap is too small.',
      unit: 'percentunit',
      queries: [
        {
          expr: sum(rate(node('nodejs_gc_duration_seconds_sum')), 'instance', 'kind'),
          legend: '{{instance}} {{kind}}',
        },
      ],
      alerts: ['HeapNearLimit'],
    }),
    lines({
      title: 'Open handles',
      description:
        'Sockets and files of each process. Rising without load: connections are not closed.',
      unit: 'short',
      queries: [
        { expr: max(node('nodejs_active_handles_total'), 'instance'), legend: '{{instance}}' },
      ],
    }),
  ],
};

export const eventStore: DashboardSpec = {
  uid: 'a4c-event-store',
  title: 'A4C onboarding: Event store and runtime',
  description: 'Whether facts become read models, and how the processes are.',
  sections: [events, checks, leaders, database, runtime],
};
