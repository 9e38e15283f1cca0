/** Routes on organizations: the organization itself, and its lineage. */

import type Router from '@koa/router';
import type { ApiKernel, ApiState, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { createRouter } from '#kernel/http/router.ts';
import { accessibleOrganization } from './access.ts';
import { withoutTokenHash } from './eventView.ts';
import type { TraceLineage } from './lineage.ts';
import { organizationPaths } from './openApi.ts';
import { createOrganizations } from './store.ts';

interface OrganizationKernel extends ApiKernel<object> {
  traceLineage: TraceLineage;
}

const PREFIX = '/api/v1/organizations/:organizationId';

function organizationRoutes({ pool, traceLineage }: OrganizationKernel): Router<ApiState> {
  const router = createRouter<ApiState>();
  const deps = { organizations: createOrganizations(pool) };

  router.get(PREFIX, async (ctx) => {
    const { organizationId } = ctx.params;
    ctx.body = await accessibleOrganization(deps, ctx.state.caller, organizationId);
  });

  router.get(`${PREFIX}/lineage`, async (ctx) => {
    const { organizationId } = ctx.params;
    const { orgId } = await accessibleOrganization(deps, ctx.state.caller, organizationId);
    const lineage = await traceLineage(orgId);
    ctx.body = { ...lineage, events: lineage?.events.map(withoutTokenHash) };
  });

  return router;
}

export const createRoutes = (kernel: OrganizationKernel): FamilyRoutes => ({
  authenticated: [organizationRoutes(kernel)],
  paths: organizationPaths(),
});
