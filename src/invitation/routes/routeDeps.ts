/** Dependencies of the routes on invitations. */

import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createOrganizations, type Organizations } from '#organization/store.ts';
import type { InvitationApiConfig } from '../settings.ts';
import { createInvitations, type Invitations } from '../store.ts';
import { createInvitationQuotas, type InvitationQuotas } from './quotas.ts';

export interface InvitationRouteDeps extends ApiKernel<InvitationApiConfig> {
  organizations: Organizations;
  invitations: Invitations;
  quotas: InvitationQuotas;
}

export const invitationRouteDeps = (
  kernel: ApiKernel<InvitationApiConfig>,
): InvitationRouteDeps => ({
  ...kernel,
  organizations: createOrganizations(kernel.pool),
  invitations: createInvitations(kernel.pool),
  quotas: createInvitationQuotas(kernel.pool, kernel.config),
});
