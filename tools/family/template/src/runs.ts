/** Runs of a sample task, as the API starts them. */
import type { Client } from '@temporalio/client';
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
  return startRun(client, {
    type: SAMPLE_TASK,
    taskQueue,
    workflowId: sampleTaskWorkflowId(params.organizationId),
    params,
    reuse: 'oneAtATime',
    orgId: params.organizationId,
    userId: params.origin.requestedBy,
  });
}
