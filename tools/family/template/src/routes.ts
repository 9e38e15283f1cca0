/** The routes of a sample task: start a run, and list the recorded notes. */
import { randomUUID } from 'node:crypto';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import { type QueueSettings, taskQueueOf } from '#kernel/queues.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { onlyActive, organizationInPath } from '#organization/access.ts';
import { createOrganizations } from '#organization/store.ts';
import { MANAGE_SAMPLE_TASK } from './contract.ts';
import { sampleTaskPaths } from './openApi.ts';
import { startSampleTaskRun } from './runs.ts';
import { type SampleTaskListBody, sampleTaskBody } from './schemas.ts';
import { createSampleTasks } from './store.ts';

/** Settings of the routes. */
type Settings = QueueSettings & { DEPLOYMENT_ENVIRONMENT: string };
type Kernel = ApiKernel<Settings>;

const PATH = '/api/v1/organizations/:organizationId/sample-task';

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

function sampleTaskRoutes(kernel: Kernel): Route[] {
  const needs = [MANAGE_SAMPLE_TASK] as const;
  const over = organizationInPath(createOrganizations(kernel.pool));
  const store = createSampleTasks(kernel.pool);
  return [
    guarded({
      method: 'POST',
      path: PATH,
      access: { needs, over, states: onlyActive('record a note') },
      body: sampleTaskBody,
      async handle({ ctx, caller, subject, body: { note } }) {
        ctx.status = 202;
        ctx.body = await start(kernel, caller, subject.orgId, note);
      },
    }),
    guarded({
      method: 'GET',
      path: PATH,
      access: { needs, over, states: 'any' },
      async handle({ ctx, subject }) {
        const found = await store.sampleTasksOf(subject.orgId);
        const items = found.map((one) => ({ ...one, recordedAt: one.recordedAt.toISOString() }));
        ctx.body = { items } satisfies SampleTaskListBody;
      },
    }),
  ];
}

export const createRoutes = (kernel: Kernel): FamilyRoutes => ({
  routes: sampleTaskRoutes(kernel),
  paths: sampleTaskPaths(),
});
