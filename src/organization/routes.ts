/** Routes on organizations: the organization itself, and its lineage. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { guarded, type Route, SIGHT } from '#kernel/http/route.ts';
import { organizationInPath } from './access.ts';
import { withoutTokenHash } from './eventView.ts';
import type { TraceLineage } from './lineage.ts';
import { organizationPaths } from './openApi.ts';
import { createOrganizations } from './store.ts';

interface OrganizationKernel extends ApiKernel<object> {
  traceLineage: TraceLineage;
}

const PATH = '/api/v1/organizations/:organizationId';

function organizationRoutes({ pool, traceLineage }: OrganizationKernel): Route[] {
  const over = organizationInPath(createOrganizations(pool));
  return [
    guarded({
      method: 'GET',
      path: PATH,
      access: { needs: SIGHT, over, states: 'any' },
      handle({ ctx, subject }) {
        ctx.body = subject;
      },
    }),
    guarded({
      method: 'GET',
      path: `${PATH}/lineage`,
      access: { needs: SIGHT, over, states: 'any' },
      async handle({ ctx, subject }) {
        const lineage = await traceLineage(subject.orgId);
        ctx.body = { ...lineage, events: lineage?.events.map(withoutTokenHash) };
      },
    }),
  ];
}

export const createRoutes = (kernel: OrganizationKernel): FamilyRoutes => ({
  routes: organizationRoutes(kernel),
  paths: organizationPaths(),
});
