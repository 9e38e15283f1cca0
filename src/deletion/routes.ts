/** The route that takes an organization out of service. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { onlyActive, organizationInPath } from '#organization/access.ts';
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

const deletionRoute = (kernel: Kernel): Route =>
  guarded({
    method: 'DELETE',
    path: '/api/v1/organizations/:organizationId',
    access: {
      needs: [DELETE_ORGANIZATION],
      over: organizationInPath(createOrganizations(kernel.pool)),
      states: onlyActive('be deleted'),
    },
    body: deletionBody,
    async handle({ ctx, caller, subject, body }) {
      ctx.status = 202;
      ctx.body = await startDeletion(kernel, caller, subject.orgId, body.reason);
    },
  });

export const createRoutes = (kernel: Kernel): FamilyRoutes => ({
  routes: [deletionRoute(kernel)],
  paths: deletionPaths(),
});
