/** Faults of what API and worker stand on: PostgreSQL, its disk, the certificate of the address. */
import {
  CONNECTIONS_USED,
  DATABASE_DISK_FULL,
  SLOT_FORGOTTEN,
  TRANSACTION_LEFT_OPEN,
} from '../faults/database.ts';
import { of, type Scenario } from '../scenario.ts';
import { FACTOR, type Stage } from '../stage.ts';

const LONG_DAYS = 90;
const critical = { severity: 'critical' };
const warning = { severity: 'warning' };

/** The certificate of the API's address ends after so many days, which are shortened as the limits are. */
const certificateEnds = (days: number) => ({
  begin: ({ edge }: Stage) => edge.renew(days / FACTOR),
  end: ({ edge }: Stage) => edge.renew(LONG_DAYS),
});

export const platformScenarios: readonly Scenario[] = [
  of(DATABASE_DISK_FULL, { proves: [{ alert: 'PostgresDiskFilling', labels: critical }] }),
  {
    fault: 'the disk of the database is full to 85 %',
    proves: [{ alert: 'PostgresDiskFilling', labels: warning }],
    begin: ({ breakable }) => breakable.disk(0.85),
    end: ({ breakable }) => breakable.disk(0),
  },
  of(CONNECTIONS_USED, { proves: [{ alert: 'PostgresConnectionsNear' }] }),
  of(TRANSACTION_LEFT_OPEN, { proves: [{ alert: 'PostgresOldTransaction' }] }),
  of(SLOT_FORGOTTEN, {
    proves: [{ alert: 'PostgresReplicationSlotLag' }, { alert: 'PostgresWalGrowing' }],
  }),
  {
    fault: 'the certificate of the address ends in two days',
    proves: [{ alert: 'CertificateExpiring', labels: critical }],
    ...certificateEnds(2),
  },
  {
    fault: 'the certificate of the address ends in a week',
    proves: [{ alert: 'CertificateExpiring', labels: warning }],
    ...certificateEnds(7),
  },
  {
    fault: 'the certificate of the address ended a day ago',
    proves: [{ alert: 'AddressUnreachable' }],
    reach: '5m',
    begin: ({ edge }) => edge.renew(-1),
    end: ({ edge }) => edge.renew(LONG_DAYS),
  },
];
