/** Faults of what API and worker need of others: each is seen by the process that needs it. */
import { ACCOUNTS_AWAY, KEYS_AWAY, MAIL_SERVER_AWAY } from '../faults/providers.ts';
import { SEARCH_ATTRIBUTE_MISSING, TEMPORAL_HUNG } from '../faults/temporal.ts';
import { of, type ProvedAlert, type Scenario } from '../scenario.ts';

const down = (dependency: string, severity: string, after: string): ProvedAlert => ({
  alert: 'DependencyDown',
  labels: { severity, after },
  about: { dependency },
});

/** Somebody whose membership changes meanwhile; Supabase Auth, once it is back, does not know them. */
const ACCOUNT_TO_TELL = `INSERT INTO account_syncs (user_id, behind_since)
  VALUES (gen_random_uuid(), clock_timestamp())`;

export const dependencyScenarios: readonly Scenario[] = [
  of(TEMPORAL_HUNG, { proves: [down('temporal', 'critical', '4m')], reach: '5m', core: true }),
  {
    ...of(TEMPORAL_HUNG, {
      proves: [down('temporal', 'critical', '4m')],
      reach: '5m',
      traffic: true,
    }),
    fault: `${TEMPORAL_HUNG.fault}; ten onboardings an hour`,
  },
  of(KEYS_AWAY, { proves: [down('supabase_keys', 'critical', '4m')], reach: '5m', core: true }),
  {
    ...of(ACCOUNTS_AWAY, {
      proves: [
        { ...down('supabase_auth', 'critical', '8m'), reach: '10m' },
        { alert: 'AccountsBehind' },
      ],
    }),
    async begin({ breakable }) {
      await ACCOUNTS_AWAY.begin(breakable);
      await breakable.sql(ACCOUNT_TO_TELL);
    },
  },
  of(MAIL_SERVER_AWAY, { proves: [down('mail', 'warning', '5m')] }),
  of(SEARCH_ATTRIBUTE_MISSING, { proves: [{ alert: 'SearchAttributeMissing' }] }),
];
