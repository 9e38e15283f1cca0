/** Metrics of memberships. */
import { counter, gauge, type MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';

/** What became of one attempt to tell Supabase Auth about an account. */
export const SYNC_OUTCOMES = ['told', 'known', 'gone', 'failed'] as const;

export const MEMBERSHIP_METRICS = {
  account_syncs_total: counter({
    help: 'Accounts compared with Supabase Auth: told (written), known (nothing to write), gone (deleted there), failed (tried again).',
    labels: ['outcome'],
    from: 'worker',
    source: 'src/membership/activities/telling.ts',
  }),
  accounts_behind: gauge({
    help: 'Accounts whose memberships have changed and are not known to be at Supabase Auth yet.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'database: account_syncs',
    fromDatabase: true,
  }),
  accounts_behind_oldest_seconds: gauge({
    help: 'How long the longest waiting of these accounts has been waiting.',
    unit: 's',
    labels: [],
    from: 'api',
    source: 'database: account_syncs',
    fromDatabase: true,
  }),
} as const satisfies Record<string, MetricDefinition>;

export type MembershipMetric = keyof typeof MEMBERSHIP_METRICS;
