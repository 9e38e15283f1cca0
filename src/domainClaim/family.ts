/** The family that claims e-mail domains: one workflow for each claim. */
import type { Family } from '#kernel/family.ts';
import { CONFIGURE_SSO, DOMAIN_VERIFICATION, orgIdOfDomainVerification } from './contract.ts';
import { DOMAIN_CLAIM_EVENTS } from './events.ts';
import { DOMAIN_CLAIM_SETTINGS } from './settings.ts';

export const domainClaimFamily = {
  name: 'domainClaim',
  tag: { name: 'Domains', description: 'E-mail domains of an organization, proved in DNS.' },
  workflows: [{ type: DOMAIN_VERIFICATION, queue: 'users', orgIdOf: orgIdOfDomainVerification }],
  events: DOMAIN_CLAIM_EVENTS,
  settings: DOMAIN_CLAIM_SETTINGS,
  aggregates: {
    domain: { table: 'organization_domains_projection', id: 'claim_id', readBy: CONFIGURE_SSO },
  },
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
  heldOpen: () => import('./runs/heldOpen.ts'),
} as const satisfies Family;
