/** Routes on organizations: the organization itself, and its lineage. */

import type { ReadRules } from '#kernel/eventStore/readRules.ts';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { hasPermission } from '#kernel/http/permissions.ts';
import { notFound } from '#kernel/http/problems.ts';
import { guarded, type Route, SIGHT } from '#kernel/http/route.ts';
import { eventPageQuery } from '#kernel/http/schemas.ts';
import { parseWith } from '#kernel/http/validation.ts';
import { organizationInPath } from './access.ts';
import { readableEvents } from './eventView.ts';
import { INVITATION, type Lineage, type TraceLineage } from './lineage.ts';
import { organizationPaths } from './openApi.ts';
import { createOrganizations } from './store.ts';

interface OrganizationKernel extends ApiKernel<object> {
  traceLineage: TraceLineage;
}

const PATH = '/api/v1/organizations/:organizationId';

/** The page without what the caller may not read. */
function lineageView(lineage: Lineage, readRules: ReadRules, may: (one: string) => boolean) {
  const { events, withheld } = readableEvents(lineage.events, readRules, may);
  const { readBy } = readRules.aggregates[INVITATION] ?? {};
  const { organization, invitations } = lineage.projections;
  const shown = readBy === undefined || may(readBy) ? invitations : [];
  return { ...lineage, events, withheld, projections: { organization, invitations: shown } };
}

function organizationRoutes({ pool, traceLineage, readRules }: OrganizationKernel): Route[] {
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
      async handle({ ctx, caller, subject, path }) {
        const lineage = await traceLineage(subject.orgId, parseWith(eventPageQuery, ctx.query));
        if (!lineage) throw notFound('organization');
        const may = (permission: string) => hasPermission(caller, permission, path);
        ctx.body = lineageView(lineage, readRules, may);
      },
    }),
  ];
}

export const createRoutes = (kernel: OrganizationKernel): FamilyRoutes => ({
  routes: organizationRoutes(kernel),
  paths: organizationPaths(),
});
