/** The route that takes an organization out of service. */

import type { z } from 'zod';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { organizationInPath } from '#organization/access.ts';
import { tagsOf } from '#organization/contract.ts';
import { createOrganizations, type Organization } from '#organization/store.ts';
import { DELETE_ORGANIZATION } from './contract.ts';
import { deletionPaths } from './openApi.ts';
import { startDeletionRun } from './runs.ts';
import { deletionBody } from './schemas.ts';

type Kernel = ApiKernel<KernelApiConfig>;

/**
 * A bootstrap under way is cancelled instead. A deletion that failed is asked for again; what a
 * failed bootstrap left is removed.
 */
const DELETABLE = { only: ['active', 'deleting', 'failed'], to: 'be deleted' } as const;

const isStarted = (): Problem =>
  new Problem(409, 'deletion-started', 'The deletion has been started already');

const hasChildren = (below: number): Problem =>
  new Problem(409, 'has-children', 'Organizations below it are not deleted yet', {
    detail: `There are ${below}. Delete them first, or set "cascade" to delete them with it.`,
  });

/** Starts the run. Its first step emits the event, so that event and run always exist together. */
async function startDeletion(
  { config, temporal }: Kernel,
  caller: Caller,
  { orgId, kind }: Organization,
  { reason, cascade }: z.infer<typeof deletionBody>,
) {
  const params = {
    organizationId: orgId,
    reason,
    ...(cascade && { cascade }),
    origin: originOf(config, caller, tagsOf(kind)),
    timing: {
      retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
      heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
    },
  };
  const queue = config.TEMPORAL_TASK_QUEUE;
  const workflowId = await startedRun(
    startDeletionRun(temporal, queue, params),
    isStarted,
    'The deletion could not be started',
  );
  const correlationId = currentCorrelationId()!;
  return { workflowId, organizationId: orgId, correlationId, status: 'started' as const };
}

function deletionRoute(kernel: Kernel): Route {
  const organizations = createOrganizations(kernel.pool);
  return guarded({
    method: 'DELETE',
    path: '/api/v1/organizations/:organizationId',
    access: {
      needs: [DELETE_ORGANIZATION],
      over: organizationInPath(organizations),
      states: DELETABLE,
    },
    body: deletionBody.prefault({}),
    async handle({ ctx, caller, subject, body }) {
      // The event is refused, too, when one came into being a moment later.
      const below = body.cascade ? 0 : await organizations.liveBelow(subject.orgId);
      if (below > 0) throw hasChildren(below);
      ctx.status = 202;
      ctx.body = await startDeletion(kernel, caller, subject, body);
    },
  });
}

export const createRoutes = (kernel: Kernel): FamilyRoutes => ({
  routes: [deletionRoute(kernel)],
  paths: deletionPaths(),
});
