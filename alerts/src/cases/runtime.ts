import type { AlertCase } from '../alertCase.ts';

const api = 'job="a4c-api",instance="a"';
const ofApi = { job: 'a4c-api', instance: 'a' };

export const runtimeCases: readonly AlertCase[] = [
  {
    alert: 'TargetDown',
    rule: { severity: 'critical' },
    series: { [`up{${api}}`]: '1x10 0x10 1x600', 'up{job="a4c-worker",instance="w"}': '1x700' },
    silent: '12m',
    firing: '14m',
    resolved: '22m',
    fires: [{ labels: { job: 'a4c-api' } }],
    missing: [{ labels: { job: 'a4c-api' } }, { labels: { job: 'a4c-worker' } }],
  },
  {
    alert: 'TargetDown',
    rule: { severity: 'warning' },
    // One of nine workers.
    series: {
      [`up{${api}}`]: '1x700',
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7, 8].map((one) => [`up{job="a4c-worker",instance="w${one}"}`, '1x700']),
      ),
      'up{job="a4c-worker",instance="w9"}': '1x10 0x10 1x600',
    },
    silent: '15m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { job: 'a4c-worker', instance: 'w9' } }],
    missing: ['a4c-api', 'a4c-worker'].map((job) => ({
      rule: { severity: 'critical' },
      labels: { job },
    })),
  },
  {
    alert: 'CrashLooping',
    series: { [`process_start_time_seconds{${api}}`]: '100x10 700x3 900x3 1100x3 1300x600' },
    silent: '17m',
    firing: '20m',
    resolved: '60m',
    fires: [{ labels: ofApi, value: '3' }],
  },
  {
    alert: 'PgPoolWaiting',
    series: { [`pg_pool_waiting{${api}}`]: '0x10 4x10 0x600' },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: ofApi, value: '4' }],
  },
  {
    alert: 'PgPoolExhausted',
    series: {
      [`pg_pool_waiting{${api}}`]: '0x10 9x5 12x10 0x600',
      [`pg_pool_size{${api}}`]: '10x700',
    },
    silent: '16m',
    firing: '20m',
    resolved: '30m',
    fires: [{ labels: ofApi, value: '12' }],
  },
  {
    alert: 'EventLoopLag',
    series: { [`nodejs_eventloop_lag_p99_seconds{${api}}`]: '0.02x10 0.4x10 0.02x600' },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: ofApi, value: '400ms' }],
  },
  {
    alert: 'HeapNearLimit',
    series: {
      [`nodejs_heap_size_used_bytes{${api}}`]: '500x10 950x10 500x600',
      [`nodejs_heap_size_limit_bytes{${api}}`]: '1000x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: ofApi, value: '95%' }],
  },
  {
    alert: 'SecretTooOld',
    series: {
      'secret_age_seconds{secret="SMTP_PASS",instance="a"}': '7775000x10 7862400x10 60x600',
      'secret_age_seconds{secret="SMTP_PASS",instance="b"}': '7775000x10 7862400x10 60x600',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { secret: 'SMTP_PASS' }, value: '91d 0h 0m 0s' }],
  },
  { alert: 'Watchdog', series: {}, firing: '0m', missing: [{}] },
];
