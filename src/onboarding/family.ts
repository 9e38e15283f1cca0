/** The onboarding family: one workflow that bootstraps an organization. */
import { INVITE_USERS } from '#invitation/contract.ts';
import type { Family } from '#kernel/family.ts';
import { ORGANIZATION_BOOTSTRAP, orgIdOfBootstrap } from './contract.ts';
import { ONBOARDING_EVENTS } from './events.ts';
import { ONBOARDING_METRICS } from './metrics.ts';
import { bootstrapStagesFrom } from './rules.ts';
import { ONBOARDING_SETTINGS } from './settings.ts';

export const onboardingFamily = {
  name: 'onboarding',
  tag: { name: 'Onboarding', description: 'Bootstraps of organizations, and their runs.' },
  workflows: [
    {
      type: ORGANIZATION_BOOTSTRAP,
      queue: 'bootstrap',
      orgIdOf: orgIdOfBootstrap,
      status: {
        endedBy: {
          'organization.bootstrap.completed': 'completed',
          'organization.bootstrap.failed': 'failed',
          'organization.bootstrap.cancelled': 'cancelled',
        },
        stagesFrom: bootstrapStagesFrom,
      },
    },
  ],
  events: ONBOARDING_EVENTS,
  settings: ONBOARDING_SETTINGS,
  aggregates: {},
  protectedFields: {
    'organization.bootstrap.initiated': { path: ['params', 'users'], readBy: INVITE_USERS },
  },
  mailKinds: ['support'],
  metrics: ONBOARDING_METRICS,
  databaseMetrics: () => import('./metrics/fromDatabase.ts'),
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
  background: () => import('./reconcile/background.ts'),
} as const satisfies Family;
