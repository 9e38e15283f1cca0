/** The routes of a sample task: start a run, and list the recorded notes. */
import { randomUUID } from 'node:crypto';
import type Router from '@koa/router';
import type { ApiKernel, ApiState, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { createRouter } from '#kernel/http/router.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import { parseBody } from '#kernel/http/validation.ts';
import { type QueueSettings, taskQueueOf } from '#kernel/queues.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { accessibleOrganization, requireActive } from '#organization/access.ts';
import { createOrganizations } from '#organization/store.ts';
import { MANAGE_SAMPLE_TASK } from './contract.ts';
import { sampleTaskPaths } from './openApi.ts';
import { startSampleTaskRun } from './runs.ts';
import { type SampleTaskListBody, sampleTaskBody } from './schemas.ts';
import { createSampleTasks } from './store.ts';

/** Settings of the routes. */
type Settings = QueueSettings & { DEPLOYMENT_ENVIRONMENT: string };
type Kernel = ApiKernel<Settings>;

const PREFIX = '/api/v1/organizations/:organizationId/sample-task';

const isUnderWay = (): Problem =>
  new Problem(409, 'sample-task-under-way', 'A run of this kind is under way');

/** The run's first activity emits the event, so no event is stored without a run. */
async function start(
  { config, temporal }: Kernel,
  caller: Caller,
  organizationId: string,
  note: string,
) {
  const params = {
    organizationId,
    sampleTaskId: randomUUID(),
    note,
    origin: originOf(config, caller),
  };
  const started = startSampleTaskRun(temporal, taskQueueOf(config, 'users'), params);
  const workflowId = await startedRun(started, isUnderWay);
  const correlationId = currentCorrelationId()!;
  return { workflowId, organizationId, correlationId, status: 'started' as const };
}

function sampleTaskRoutes(kernel: Kernel): Router<ApiState> {
  const router = createRouter<ApiState>();
  const deps = { organizations: createOrganizations(kernel.pool) };
  const store = createSampleTasks(kernel.pool);

  const organizationOf = (caller: Caller, value: string | undefined) =>
    accessibleOrganization(deps, caller, value, MANAGE_SAMPLE_TASK);

  router.post(PREFIX, async (ctx) => {
    const { caller } = ctx.state;
    const organization = await organizationOf(caller, ctx.params.organizationId);
    requireActive(organization, 'record a note');
    const { note } = parseBody(sampleTaskBody, ctx.request);
    ctx.status = 202;
    ctx.body = await start(kernel, caller, organization.orgId, note);
  });

  router.get(PREFIX, async (ctx) => {
    const { orgId } = await organizationOf(ctx.state.caller, ctx.params.organizationId);
    const found = await store.sampleTasksOf(orgId);
    const items = found.map((one) => ({ ...one, recordedAt: one.recordedAt.toISOString() }));
    ctx.body = { items } satisfies SampleTaskListBody;
  });

  return router;
}

export const createRoutes = (kernel: Kernel): FamilyRoutes => ({
  authenticated: [sampleTaskRoutes(kernel)],
  paths: sampleTaskPaths(),
});
