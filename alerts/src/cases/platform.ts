import type { AlertCase } from '../alertCase.ts';

const on = (name: string, labels = '') => `${name}{instance="db:9187"${labels}}`;
const at = { instance: 'db:9187' };
const DAY = 86_400;

/** A disk of 1,000 bytes with so many free ones. */
const disk = (available: string) => ({
  [on('node_filesystem_size_bytes')]: '1000x700',
  [on('node_filesystem_avail_bytes')]: available,
});
/** A certificate that has so many days left, until a new one is installed at minute 40. */
const certificate = (days: number) => ({
  [on('probe_ssl_earliest_cert_expiry')]: `${days * DAY}x40 ${90 * DAY}x600`,
});

export const platformCases: readonly AlertCase[] = [
  {
    alert: 'PostgresDiskFilling',
    rule: { severity: 'critical' },
    series: disk('400x10 50x20 400x600'),
    silent: '14m',
    firing: '18m',
    resolved: '32m',
    fires: [
      { labels: at, value: '5%' },
      { rule: { severity: 'warning' }, labels: at, value: '5%' },
    ],
  },
  {
    alert: 'PostgresDiskFilling',
    rule: { severity: 'warning' },
    series: disk('400x10 150x20 400x600'),
    silent: '14m',
    firing: '18m',
    resolved: '32m',
    fires: [{ labels: at, value: '15%' }],
  },
  {
    alert: 'PostgresConnectionsNear',
    series: {
      [on('a4c_postgres_client_connections', ',state="active"')]: '10x10 30x20 10x600',
      [on('a4c_postgres_client_connections', ',state="idle"')]: '60x700',
      [on('a4c_postgres_connections_limit')]: '100x700',
    },
    silent: '14m',
    firing: '18m',
    resolved: '32m',
    fires: [{ labels: at, value: '90%' }],
  },
  {
    alert: 'PostgresReplicationSlotLag',
    series: {
      [on('a4c_postgres_replication_slot_retained_bytes', ',slot="forgotten"')]:
        '0x10 2147483648x20 0x600',
    },
    silent: '19m',
    firing: '22m',
    resolved: '32m',
    fires: [{ labels: { ...at, slot: 'forgotten' }, value: '2Gi' }],
  },
  {
    alert: 'PostgresOldTransaction',
    series: {
      [on('a4c_postgres_oldest_transaction_age_seconds')]: '0x10 0+60x30 0x600',
      [on('a4c_postgres_oldest_prepared_transaction_age_seconds')]: '0x700',
    },
    silent: '30m',
    firing: '35m',
    resolved: '43m',
    fires: [{ labels: at, value: '24m 0s' }],
  },
  {
    alert: 'PostgresWalGrowing',
    series: { [on('a4c_postgres_wal_bytes')]: '1073741824x10 6442450944x30 1073741824x600' },
    silent: '24m',
    firing: '28m',
    resolved: '43m',
    fires: [{ labels: at, value: '6Gi' }],
  },
  {
    alert: 'PostgresTransactionIdsRunningOut',
    series: { [on('a4c_postgres_transaction_ids_used_ratio')]: '0.1x10 0.6x30 0.1x600' },
    silent: '24m',
    firing: '28m',
    resolved: '43m',
    fires: [{ labels: at, value: '60%' }],
  },
  {
    alert: 'CertificateExpiring',
    rule: { severity: 'critical' },
    series: certificate(2),
    silent: '5m',
    firing: '30m',
    resolved: '42m',
    fires: ['critical', 'warning'].map((severity) => ({
      rule: { severity },
      labels: at,
      value: '1d 23h 30m 0s',
    })),
  },
  {
    alert: 'CertificateExpiring',
    rule: { severity: 'warning' },
    series: certificate(10),
    silent: '5m',
    firing: '30m',
    resolved: '42m',
    fires: [{ labels: at, value: '9d 23h 30m 0s' }],
  },
  {
    alert: 'AddressUnreachable',
    series: { [on('probe_success')]: '1x10 0x10 1x600' },
    silent: '13m',
    firing: '16m',
    resolved: '22m',
    fires: [{ labels: at }],
  },
  {
    alert: 'ExporterDown',
    series: { 'up{job="a4c-postgres",instance="db:9187"}': '1x10 0x20 1x600' },
    silent: '19m',
    firing: '22m',
    resolved: '32m',
    fires: [{ labels: { ...at, job: 'a4c-postgres' } }],
  },
];
