/** What the routes on invitations act on. */

import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createReadModels, type ReadModels } from '#organization/store.ts';
import type { InvitationApiConfig } from './settings.ts';
import { createInvitationQueries, type InvitationQueries } from './store.ts';

export interface InvitationRouteDeps extends ApiKernel<InvitationApiConfig> {
  readModels: ReadModels;
  invitations: InvitationQueries;
}

export const invitationRouteDeps = (
  kernel: ApiKernel<InvitationApiConfig>,
): InvitationRouteDeps => ({
  ...kernel,
  readModels: createReadModels(kernel.pool),
  invitations: createInvitationQueries(kernel.pool),
});
