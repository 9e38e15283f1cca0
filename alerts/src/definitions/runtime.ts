import { type AlertDefinition, once, type RuleGroup } from '../alert.ts';
import { absentIn, type Job, of, ours } from '../selectors.ts';

/** The label `service` is the Prometheus job. */
const about = { team: 'platform', service: '{{ $labels.job }}' } as const;
const BOTH: readonly Job[] = ['api', 'worker'];

const jobDown: AlertDefinition = {
  ...about,
  name: 'TargetDown',
  severity: 'critical',
  expr: () => {
    const share = `avg by (environment, job) (${of(BOTH, 'up')} == bool 0)`;
    return [`${share} > 0.5`, ...BOTH.map((job) => absentIn(job, 'up'))].join('\nor ');
  },
  for: '2m',
  summary: 'Most processes of {{ $labels.job }} do not answer',
  description:
    'Prometheus gets no metrics from more than half of the processes of {{ $labels.job }}, or knows of none: they are down, or cannot be reached. What is measured there is unknown.',
};

const targetDown: AlertDefinition = {
  ...about,
  name: 'TargetDown',
  severity: 'warning',
  expr: () => `${of(BOTH, 'up')} == 0`,
  for: '5m',
  summary: 'One process of {{ $labels.job }} does not answer',
  description:
    'Prometheus gets no metrics from {{ $labels.job }} {{ $labels.instance }}: it is down, or cannot be reached. The others do its work meanwhile.',
};

const crashLooping: AlertDefinition = {
  ...about,
  name: 'CrashLooping',
  severity: 'critical',
  expr: (time) => `changes(${of(BOTH, 'process_start_time_seconds')}[${time.span('30m')}]) >= 3`,
  summary: '{{ $labels.job }} restarts again and again',
  description:
    '{{ $labels.instance }} has started {{ $value | humanize }} times anew within 30 minutes.',
};

const poolWaiting: AlertDefinition = {
  ...about,
  name: 'PgPoolWaiting',
  severity: 'warning',
  expr: () => `${ours('pg_pool_waiting')} > 0`,
  for: '5m',
  summary: 'Queries wait for a database connection',
  description: '{{ $value | humanize }} queries wait on {{ $labels.instance }}.',
};

const poolExhausted: AlertDefinition = {
  ...about,
  name: 'PgPoolExhausted',
  severity: 'critical',
  expr: () => `${ours('pg_pool_waiting')} >= ${ours('pg_pool_size')}`,
  for: '2m',
  summary: 'The database pool is exhausted',
  description:
    'As many queries wait on {{ $labels.instance }} as it has connections, or more: {{ $value | humanize }}. Requests are about to time out.',
};

const eventLoopLag: AlertDefinition = {
  ...about,
  name: 'EventLoopLag',
  severity: 'warning',
  expr: () => `${of(BOTH, 'nodejs_eventloop_lag_p99_seconds')} > 0.25`,
  for: '5m',
  summary: 'The event loop of {{ $labels.job }} is blocked',
  description:
    'Every hundredth turn on {{ $labels.instance }} comes {{ $value | humanizeDuration }} late: everything there is as slow.',
};

const heap: AlertDefinition = {
  ...about,
  name: 'HeapNearLimit',
  severity: 'warning',
  expr: () =>
    `${of(BOTH, 'nodejs_heap_size_used_bytes')} / ${ours('nodejs_heap_size_limit_bytes')} > 0.85`,
  for: '5m',
  summary: 'The heap of {{ $labels.job }} is nearly full',
  description:
    '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the heap it may have, and will be ended at its limit.',
};

const secretTooOld: AlertDefinition = {
  name: 'SecretTooOld',
  severity: 'warning',
  team: 'platform',
  service: 'secrets',
  expr: (time) => `${once('secret', ours('secret_age_seconds'))} > ${time.seconds('90d')}`,
  for: '5m',
  summary: 'The secret {{ $labels.secret }} has not been rotated for 90 days',
  description: 'It is {{ $value | humanizeDuration }} old, by SECRETS_ROTATED_AT.',
};

const watchdog: AlertDefinition = {
  name: 'Watchdog',
  severity: 'info',
  team: 'platform',
  service: 'monitoring',
  expr: () => 'vector(1)',
  summary: 'Alerting works',
  description:
    'Always firing. Whoever receives it raises the alarm when it stops coming: then nobody hears of anything else.',
};

export const runtime: RuleGroup = {
  name: 'runtime',
  about: 'Processes, what they run on, and the alert that proves alerting.',
  rules: [
    jobDown,
    targetDown,
    crashLooping,
    poolWaiting,
    poolExhausted,
    eventLoopLag,
    heap,
    secretTooOld,
    watchdog,
  ],
};
