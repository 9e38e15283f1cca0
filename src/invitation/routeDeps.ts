/** What the routes on invitations act on. */
import type { ApiConfig } from '#config.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createReadModels, type ReadModels } from '#organization/store.ts';
import { createInvitationQueries, type InvitationQueries } from './store.ts';

export interface InvitationRouteDeps extends ApiKernel<ApiConfig> {
  readModels: ReadModels;
  invitations: InvitationQueries;
}

export const invitationRouteDeps = (kernel: ApiKernel<ApiConfig>): InvitationRouteDeps => ({
  ...kernel,
  readModels: createReadModels(kernel.pool),
  invitations: createInvitationQueries(kernel.pool),
});
