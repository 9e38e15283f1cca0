/** The family of invitations: one workflow for each invited person. */
import type { Family } from '#kernel/family.ts';
import { namesNoOrganization } from '#kernel/workflow/ids.ts';
import { INVITE_USERS, SEARCH_ATTRIBUTE_STATUS, USER_INVITATION } from './contract.ts';
import { INVITATION_EVENTS } from './events.ts';
import { INVITATION_METRICS } from './metrics.ts';
import { INVITATION_SETTINGS } from './settings.ts';

export const invitationFamily = {
  name: 'invitation',
  tag: { name: 'Invitations', description: 'Inviting people, and accepting an invitation.' },
  workflows: [
    // The id contains the invitation's id, but no organization id.
    { type: USER_INVITATION, queue: 'users', orgIdOf: namesNoOrganization },
  ],
  events: INVITATION_EVENTS,
  settings: INVITATION_SETTINGS,
  aggregates: {
    invitation: { table: 'user_invitations_projection', id: 'invitation_id', readBy: INVITE_USERS },
  },
  searchAttributes: [SEARCH_ATTRIBUTE_STATUS],
  mailKinds: ['invitation'],
  metrics: INVITATION_METRICS,
  databaseMetrics: () => import('./metrics/fromDatabase.ts'),
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
  heldOpen: () => import('./runs/heldOpen.ts'),
} as const satisfies Family;
