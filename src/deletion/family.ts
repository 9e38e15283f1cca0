/** Deletion: one workflow that takes an organization out of service. */
import type { Family } from '#kernel/family.ts';
import { ORGANIZATION_DELETION, orgIdOfDeletion } from './contract.ts';
import { DELETION_EVENTS } from './events.ts';

export const deletionFamily = {
  name: 'deletion',
  tag: { name: 'Deletion', description: 'Taking an organization out of service.' },
  workflows: [
    {
      type: ORGANIZATION_DELETION,
      queue: 'bootstrap',
      orgIdOf: orgIdOfDeletion,
      // A bootstrap emits the same event as a compensation.
      status: { endedBy: { 'organization.deactivated': 'completed' } },
    },
  ],
  events: DELETION_EVENTS,
  aggregates: {},
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
  heldOpen: () => import('./runs/heldOpen.ts'),
} as const satisfies Family;
