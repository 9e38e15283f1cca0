/** Connections to the database, and secrets. */
import type { Section } from '../frame.ts';
import { lines } from '../panels.ts';
import { max, own, sum } from '../promql.ts';

export const connections: Section = {
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
