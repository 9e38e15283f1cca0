/** Starts and signals bootstrap runs for the API. */
import type { Client } from '@temporalio/client';
import { startRun } from '#kernel/temporal/runs.ts';
import { BOOTSTRAP_STEP_NAMES, bootstrapWorkflowId, ORGANIZATION_BOOTSTRAP } from './contract.ts';
import type { InitiatedBootstrap } from './store.ts';

/** Starts the run of an accepted request once, with the request's correlation id. */
export async function startBootstrapRun(
  client: Client,
  taskQueue: string,
  { params, correlationId, requestedBy }: InitiatedBootstrap,
): Promise<void> {
  const orgId = params.organizationId!;
  await startRun(client, {
    type: ORGANIZATION_BOOTSTRAP,
    taskQueue,
    workflowId: bootstrapWorkflowId(orgId),
    params,
    reuse: 'once',
    orgId,
    userId: requestedBy ?? undefined,
    correlationId,
    step: BOOTSTRAP_STEP_NAMES[0],
  });
}
