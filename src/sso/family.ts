/** The family of single sign-on: configuring it, deactivating it, and watching its certificates. */
import { CONFIGURE_SSO } from '#domainClaim/contract.ts';
import type { Family } from '#kernel/family.ts';
import {
  orgIdOfSsoConfiguration,
  orgIdOfSsoDeactivation,
  SSO_CERTIFICATE_WATCH_ID,
  SSO_CERTIFICATE_WATCH_WORKFLOW,
  SSO_CONFIGURATION,
  SSO_DEACTIVATION,
} from './contract.ts';
import { SSO_EVENTS } from './events.ts';
import { SSO_SETTINGS } from './settings.ts';

export const ssoFamily = {
  name: 'sso',
  tag: { name: 'Single sign-on', description: 'SAML identity providers of an organization.' },
  workflows: [
    { type: SSO_CONFIGURATION, queue: 'users', orgIdOf: orgIdOfSsoConfiguration },
    { type: SSO_DEACTIVATION, queue: 'users', orgIdOf: orgIdOfSsoDeactivation },
  ],
  schedules: [
    {
      id: SSO_CERTIFICATE_WATCH_ID,
      type: SSO_CERTIFICATE_WATCH_WORKFLOW,
      queue: 'users',
      // Once a day (UTC) is sufficient, because the thresholds are in days.
      calendar: { hour: 6 },
    },
  ],
  events: SSO_EVENTS,
  settings: SSO_SETTINGS,
  aggregates: {
    sso: { table: 'sso_configurations_projection', id: 'configuration_id', readBy: CONFIGURE_SSO },
  },
  mailKinds: ['sso'],
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
  heldOpen: () => import('./runs/heldOpen.ts'),
} as const satisfies Family;
