import type { AlertDefinition, RuleGroup } from '../alert.ts';

/** The label `service` is the Prometheus job. */
const about = { team: 'platform', service: '{{ $labels.job }}' } as const;
const OURS = 'job=~"a4c-.+"';

const targetDown: AlertDefinition = {
  ...about,
  name: 'TargetDown',
  severity: 'critical',
  expr: () => `up{${OURS}} == 0
or absent(up{job="a4c-api"})
or absent(up{job="a4c-worker"})`,
  for: '2m',
  summary: '{{ $labels.job }} does not answer',
  description:
    'Prometheus gets no metrics from {{ $labels.job }} {{ $labels.instance }}: it is down, or cannot be reached. What is measured there is unknown.',
};

const crashLooping: AlertDefinition = {
  ...about,
  name: 'CrashLooping',
  severity: 'critical',
  expr: (time) => `changes(process_start_time_seconds{${OURS}}[${time.span('30m')}]) >= 3`,
  summary: '{{ $labels.job }} restarts again and again',
  description:
    '{{ $labels.instance }} has started {{ $value | humanize }} times anew within 30 minutes.',
};

const poolWaiting: AlertDefinition = {
  ...about,
  name: 'PgPoolWaiting',
  severity: 'warning',
  expr: () => `pg_pool_waiting{${OURS}} > 0`,
  for: '5m',
  summary: 'Queries wait for a database connection',
  description: '{{ $value | humanize }} queries wait on {{ $labels.instance }}.',
};

const poolExhausted: AlertDefinition = {
  ...about,
  name: 'PgPoolExhausted',
  severity: 'critical',
  expr: () => `pg_pool_waiting{${OURS}} >= pg_pool_size{${OURS}}`,
  for: '2m',
  summary: 'The database pool is exhausted',
  description:
    'As many queries wait on {{ $labels.instance }} as it has connections, or more: {{ $value | humanize }}. Requests are about to time out.',
};

const eventLoopLag: AlertDefinition = {
  ...about,
  name: 'EventLoopLag',
  severity: 'warning',
  expr: () => `nodejs_eventloop_lag_p99_seconds{${OURS}} > 0.25`,
  for: '5m',
  summary: 'The event loop of {{ $labels.job }} is blocked',
  description:
    'Every hundredth turn on {{ $labels.instance }} comes {{ $value | humanizeDuration }} late: everything there is as slow.',
};

const heap: AlertDefinition = {
  ...about,
  name: 'HeapNearLimit',
  severity: 'warning',
  expr: () => `nodejs_heap_size_used_bytes{${OURS}} / nodejs_heap_size_limit_bytes{${OURS}} > 0.85`,
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
  expr: (time) => `max by (secret) (secret_age_seconds) > ${time.seconds('90d')}`,
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
