/** PostgreSQL itself, as its exporter measures it (compose/postgres-exporter.yml). */
import type { Section } from '../frame.ts';
import { lines, number } from '../panels.ts';
import { foreign, max, sum } from '../promql.ts';

export const postgres: Section = {
  title: 'PostgreSQL',
  panels: [
    number({
      title: 'Connections in use',
      description: 'Of those that clients may have together. Near all of them: see who holds them.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${sum(foreign('a4c_postgres_client_connections'))} / ${max(foreign('a4c_postgres_connections_limit'))}`,
        },
      ],
      noValue: 'not measured',
      width: 6,
    }),
    number({
      title: 'Disk left',
      description: 'Of the file system of the database. Below a tenth: find what grows, below.',
      unit: 'percentunit',
      queries: [
        {
          expr: `min(${foreign('node_filesystem_avail_bytes')} / ${foreign('node_filesystem_size_bytes')})`,
        },
      ],
      noValue: 'not measured',
      width: 6,
    }),
    number({
      title: 'Transaction ids used',
      description:
        'Since the oldest freeze. At 100 % nothing can be written: vacuum is held up by an old transaction.',
      unit: 'percentunit',
      queries: [{ expr: max(foreign('a4c_postgres_transaction_ids_used_ratio')) }],
      noValue: 'not measured',
      width: 6,
      decimals: 1,
    }),
    number({
      title: 'Size of the database',
      description: 'Growing faster than the organizations: see the largest tables.',
      unit: 'bytes',
      queries: [{ expr: max(foreign('a4c_postgres_database_bytes')) }],
      noValue: 'not measured',
      width: 6,
    }),
    lines({
      title: 'Connections of all clients',
      description:
        'By what they do. idle in transaction: a process holds a transaction and does nothing with it.',
      unit: 'short',
      queries: [
        {
          expr: sum(foreign('a4c_postgres_client_connections'), 'state'),
          legend: 'clients {{state}}',
        },
        { expr: max(foreign('a4c_postgres_connections_limit')), legend: 'limit' },
      ],
    }),
    lines({
      title: 'Oldest transaction',
      description:
        'It holds up vacuum, and every reader that waits for older transactions. Rising with a slope of one: somebody has forgotten to end it.',
      unit: 's',
      queries: [
        {
          expr: max(foreign('a4c_postgres_oldest_transaction_age_seconds')),
          legend: 'of a client',
        },
        {
          expr: max(foreign('a4c_postgres_oldest_prepared_transaction_age_seconds')),
          legend: 'prepared',
        },
      ],
    }),
    lines({
      title: 'Write-ahead log',
      description:
        'All of it, and what is kept for each replication slot. A slot that nobody reads fills the disk.',
      unit: 'bytes',
      queries: [
        { expr: max(foreign('a4c_postgres_wal_bytes')), legend: 'all' },
        {
          expr: max(foreign('a4c_postgres_replication_slot_retained_bytes'), 'slot'),
          legend: 'kept for {{slot}}',
        },
      ],
    }),
    lines({
      title: 'Largest tables',
      description: 'With their indexes. domain_events only grows; the others follow it.',
      unit: 'bytes',
      queries: [
        {
          expr: `topk(8, ${max(foreign('a4c_postgres_table_bytes'), 'table')})`,
          legend: '{{table}}',
        },
      ],
    }),
    lines({
      title: 'Dead rows',
      description:
        'By table, the most first. Rising and never falling: vacuum does not run, or an old transaction holds it up.',
      unit: 'short',
      queries: [
        {
          expr: `topk(8, ${max(foreign('a4c_postgres_table_dead_rows'), 'table')})`,
          legend: '{{table}}',
        },
      ],
    }),
    lines({
      title: 'Certificates, until they expire',
      description: 'Of the addresses that are probed from outside. Below two weeks: renew it now.',
      unit: 's',
      queries: [
        {
          expr: `${max(foreign('probe_ssl_earliest_cert_expiry'), 'instance')} - time()`,
          legend: '{{instance}}',
        },
      ],
    }),
  ],
};
