/** Organizations: what they are and where they come from. */

import type Router from '@koa/router';
import type { ApiKernel, ApiState, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { createRouter } from '#kernel/http/router.ts';
import { accessibleOrganization } from './access.ts';
import { withoutTokenHash } from './eventView.ts';
import { organizationPaths } from './openApi.ts';
import { createReadModels } from './store.ts';

const PREFIX = '/api/v1/organizations/:organizationId';

function organizationRoutes({ pool, queries }: ApiKernel<object>): Router<ApiState> {
  const router = createRouter<ApiState>();
  const deps = { readModels: createReadModels(pool) };

  router.get(PREFIX, async (ctx) => {
    const { organizationId } = ctx.params;
    ctx.body = await accessibleOrganization(deps, ctx.state.caller, organizationId);
  });

  router.get(`${PREFIX}/lineage`, async (ctx) => {
    const { organizationId } = ctx.params;
    const { orgId } = await accessibleOrganization(deps, ctx.state.caller, organizationId);
    const lineage = await queries.traceWorkflowLineage(orgId);
    ctx.body = { ...lineage, events: lineage?.events.map(withoutTokenHash) };
  });

  return router;
}

export const createRoutes = (kernel: ApiKernel<object>): FamilyRoutes => ({
  authenticated: [organizationRoutes(kernel)],
  paths: organizationPaths(),
});
