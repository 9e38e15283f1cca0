/** The route that takes an organization out of service. */

import type Router from '@koa/router';
import type { ApiKernel, ApiState, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { createRouter } from '#kernel/http/router.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import { parseBody } from '#kernel/http/validation.ts';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { accessibleOrganization, requireActive } from '#organization/access.ts';
import { createOrganizations } from '#organization/store.ts';
import { DELETE_ORGANIZATION } from './contract.ts';
import { deletionPaths } from './openApi.ts';
import { startDeletionRun } from './runs.ts';
import { deletionBody } from './schemas.ts';

type Kernel = ApiKernel<KernelApiConfig>;

const isStarted = (): Problem =>
  new Problem(409, 'deletion-started', 'The deletion has been started already');

/** Starts the run. Its first step emits the event, so that event and run always exist together. */
async function startDeletion(
  { config, temporal }: Kernel,
  caller: Caller,
  orgId: string,
  reason: string,
) {
  const params = {
    organizationId: orgId,
    reason,
    origin: originOf(config, caller),
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

function deletionRoutes(kernel: Kernel): Router<ApiState> {
  const router = createRouter<ApiState>();
  const organizations = createOrganizations(kernel.pool);

  router.delete('/api/v1/organizations/:organizationId', async (ctx) => {
    const { caller } = ctx.state;
    const id = ctx.params.organizationId;
    const organization = await accessibleOrganization(
      { organizations },
      caller,
      id,
      DELETE_ORGANIZATION,
    );
    requireActive(organization, 'be deleted');
    const { reason } = parseBody(deletionBody, ctx.request);
    ctx.status = 202;
    ctx.body = await startDeletion(kernel, caller, organization.orgId, reason);
  });

  return router;
}

export const createRoutes = (kernel: Kernel): FamilyRoutes => ({
  authenticated: [deletionRoutes(kernel)],
  paths: deletionPaths(),
});
