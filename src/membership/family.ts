/**
 * The family of memberships: who is a member of what, and telling Supabase Auth. It has no
 * workflow: its work is in the table `account_syncs` until it is done.
 */
import type { Family } from '#kernel/family.ts';
import { MEMBERSHIP_METRICS } from './metrics.ts';
import { MEMBERSHIP_SETTINGS } from './settings.ts';

export const membershipFamily = {
  name: 'membership',
  tag: { name: 'Memberships', description: 'Who is a member of which organization.' },
  workflows: [],
  events: {},
  aggregates: {},
  settings: MEMBERSHIP_SETTINGS,
  metrics: MEMBERSHIP_METRICS,
  databaseMetrics: () => import('./metrics/fromDatabase.ts'),
  workerBackground: () => import('./activities/background.ts'),
} as const satisfies Family;
