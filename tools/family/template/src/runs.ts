/** Runs of a sample task, as the API starts them. */
import type { Client } from '@temporalio/client';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { startRun } from '#kernel/temporal/runs.ts';
import { SAMPLE_TASK, type SampleTaskParams, sampleTaskWorkflowId } from './contract.ts';

/**
 * One at a time for each organization. @returns the workflow id.
 * @throws WorkflowExecutionAlreadyStartedError while one is under way.
 */
export function startSampleTaskRun(
  client: Client,
  taskQueue: string,
  params: SampleTaskParams,
): Promise<string> {
  const workflowId = sampleTaskWorkflowId(params.organizationId);
  return startRun(client, {
    type: SAMPLE_TASK,
    taskQueue,
    workflowId,
    params,
    reuse: 'oneAtATime',
    orgId: params.organizationId,
    userId: params.origin.requestedBy,
    correlationId: currentCorrelationId() ?? workflowId,
  });
}
