/** The read models that tests look at, of several families. */
import type { Pool } from 'pg';
import { createInvitations } from '#invitation/store.ts';
import { createOrganizations } from '#organization/store.ts';

export type ReadModels = ReturnType<typeof readModelsOf>;

export function readModelsOf(pool: Pool) {
  const organizations = createOrganizations(pool);
  const invitations = createInvitations(pool);
  return {
    organization: organizations.find,
    organizationBySlug: organizations.findBySlug,
    pendingOrganizations: organizations.pending,
    isWithin: organizations.isWithin,
    invitation: invitations.find,
    invitationsOf: invitations.ofOrganization,
  };
}
