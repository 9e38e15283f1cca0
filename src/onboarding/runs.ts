/** Bootstrap runs as the API starts and signals them. */
import type { Client } from '@temporalio/client';
import { WORKFLOW } from '#families.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { ONCE, READ_DEADLINE_MS, searchAttributes, startOnce } from '#kernel/temporal/runs.ts';
import { BOOTSTRAP_STEPS, bootstrapWorkflowId, SIGNAL, type SignalName } from './contract.ts';
import type { InitiatedBootstrap } from './store.ts';

/** Starts the run of an accepted request, under the request's correlation id. */
export async function startBootstrapRun(
  client: Client,
  taskQueue: string,
  { params, correlationId, requestedBy }: InitiatedBootstrap,
): Promise<void> {
  const orgId = params.organizationId!;
  await withCorrelationId(correlationId, () =>
    startOnce(client, () =>
      client.workflow.start(WORKFLOW.organizationBootstrap, {
        ...ONCE,
        taskQueue,
        workflowId: bootstrapWorkflowId(orgId),
        args: [params],
        memo: { org_id: orgId, correlation_id: correlationId },
        typedSearchAttributes: searchAttributes({
          orgId,
          userId: requestedBy ?? undefined,
          correlationId,
          step: BOOTSTRAP_STEPS[0],
        }),
      }),
    ),
  );
}

export const signalRun = (client: Client, workflowId: string, signal: SignalName): Promise<void> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).signal(SIGNAL[signal]),
  );
