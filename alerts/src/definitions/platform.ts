import { type AlertDefinition, once, type RuleGroup } from '../alert.ts';
import { of } from '../selectors.ts';

const about = { team: 'platform', service: 'postgres' } as const;
const postgres = (series: string, ...matchers: string[]) =>
  of(['postgres'], `a4c_postgres_${series}`, ...matchers);

const GIBIBYTE = 2 ** 30;

const diskFilling = (severity: 'critical' | 'warning', share: number): AlertDefinition => ({
  ...about,
  name: 'PostgresDiskFilling',
  severity,
  expr: () => {
    const disk = (what: string) => of(['disk'], `node_filesystem_${what}_bytes`);
    return `min by (environment, instance) (${disk('avail')} / ${disk('size')}) < ${share}`;
  },
  for: '5m',
  summary: 'The disk of PostgreSQL fills up',
  description:
    '{{ $value | humanizePercentage }} of it are free. When it is full, nothing is stored: no request is accepted and no run gets on.',
});

const connectionsNear: AlertDefinition = {
  ...about,
  name: 'PostgresConnectionsNear',
  severity: 'warning',
  expr: () => {
    const used = `sum by (environment, instance) (${postgres('client_connections')})`;
    return `${used} / on (environment, instance) ${postgres('connections_limit')} > 0.8`;
  },
  for: '5m',
  summary: 'PostgreSQL has hardly any connection left',
  description:
    '{{ $value | humanizePercentage }} of the connections that clients may have are used. At all of them, new pods do not start.',
};

const slotLag: AlertDefinition = {
  ...about,
  name: 'PostgresReplicationSlotLag',
  severity: 'warning',
  expr: () =>
    `${once('instance, slot', postgres('replication_slot_retained_bytes'))} > ${GIBIBYTE}`,
  for: '10m',
  summary: 'The replication slot {{ $labels.slot }} is not read',
  description:
    'PostgreSQL keeps {{ $value | humanize1024 }}B of write-ahead log for it, and more until somebody reads it: the disk fills up.',
};

const oldTransaction: AlertDefinition = {
  ...about,
  name: 'PostgresOldTransaction',
  severity: 'warning',
  expr: (time) => {
    const ages = ['oldest_transaction_age_seconds', 'oldest_prepared_transaction_age_seconds'];
    const limit = time.seconds('15m');
    return ages.map((age) => `${once('instance', postgres(age))} > ${limit}`).join('\nor ');
  },
  for: '5m',
  summary: 'A transaction has been open for more than 15 minutes',
  description:
    'The oldest is {{ $value | humanizeDuration }} old: it may hold locks, and nothing that was deleted since is removed.',
};

const walGrowing: AlertDefinition = {
  ...about,
  name: 'PostgresWalGrowing',
  severity: 'warning',
  expr: () => `${once('instance', postgres('wal_bytes'))} > ${4 * GIBIBYTE}`,
  for: '15m',
  summary: 'The write-ahead log of PostgreSQL grows',
  description:
    'It has {{ $value | humanize1024 }}B. It is not archived, or is kept for a replica or a slot that does not read it.',
};

const idsRunningOut: AlertDefinition = {
  ...about,
  name: 'PostgresTransactionIdsRunningOut',
  severity: 'critical',
  expr: () => `${once('instance', postgres('transaction_ids_used_ratio'))} > 0.5`,
  for: '15m',
  summary: 'PostgreSQL runs out of transaction ids',
  description:
    '{{ $value | humanizePercentage }} are used since the oldest freeze: autovacuum does not get on. At 100 % PostgreSQL refuses every write.',
};

const CERTIFICATE = 'probe_ssl_earliest_cert_expiry';
const certificateExpiring = (
  severity: 'critical' | 'warning',
  days: '3d' | '14d',
): AlertDefinition => ({
  ...about,
  service: 'a4c-api',
  name: 'CertificateExpiring',
  severity,
  expr: (time) =>
    `min by (environment, instance) (${of(['probe'], CERTIFICATE)}) - time() < ${time.seconds(days)}`,
  for: '10m',
  summary: 'The certificate of {{ $labels.instance }} ends soon',
  description:
    'It ends in {{ $value | humanizeDuration }}. From then on no caller trusts the address.',
});

const addressUnreachable: AlertDefinition = {
  ...about,
  service: 'a4c-api',
  name: 'AddressUnreachable',
  severity: 'critical',
  expr: () => `${once('instance', of(['probe'], 'probe_success'))} == 0`,
  for: '4m',
  summary: '{{ $labels.instance }} cannot be reached from outside',
  description:
    'The probe gets no answer, another one than it should, or a certificate that it does not trust. The processes may be well: it is the way to them.',
};

const exporterDown: AlertDefinition = {
  ...about,
  service: 'monitoring',
  name: 'ExporterDown',
  severity: 'warning',
  expr: () => `${of(['postgres', 'disk', 'probe'], 'up')} == 0`,
  for: '10m',
  summary: 'The exporter of {{ $labels.job }} does not answer',
  description:
    'Nothing is known of what {{ $labels.job }} {{ $labels.instance }} measures, and no alert about it fires.',
};

export const platform: RuleGroup = {
  name: 'platform',
  about: 'What API and worker stand on: PostgreSQL, its disk, certificates. Told by exporters.',
  rules: [
    diskFilling('critical', 0.1),
    diskFilling('warning', 0.2),
    connectionsNear,
    slotLag,
    oldTransaction,
    walGrowing,
    idsRunningOut,
    certificateExpiring('critical', '3d'),
    certificateExpiring('warning', '14d'),
    addressUnreachable,
    exporterDown,
  ],
};
