/** The routes on invitations. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { invitationPaths } from './openApi.ts';
import { organizationRoutes } from './routes/organization.ts';
import { publicRoutes } from './routes/public.ts';
import { resendWebhook } from './routes/resendWebhook.ts';
import { invitationRouteDeps } from './routes/routeDeps.ts';
import type { InvitationApiConfig } from './settings.ts';

export function createRoutes(kernel: ApiKernel<InvitationApiConfig>): FamilyRoutes {
  const deps = invitationRouteDeps(kernel);
  return {
    routes: [...organizationRoutes(deps), ...publicRoutes(deps), resendWebhook(deps)],
    paths: invitationPaths(),
    formats: { role: [...kernel.config.GRANTABLE_ROLES.keys()] },
  };
}
