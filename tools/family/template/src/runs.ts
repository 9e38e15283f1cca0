/** Starts runs of a sample task for the API. */
import type { Client } from '@temporalio/client';
import { startRun } from '#kernel/temporal/runs.ts';
import { SAMPLE_TASK, type SampleTaskParams, sampleTaskWorkflowId } from './contract.ts';

/**
 * Starts a run; one at a time per organization. @returns the workflow id.
 * @throws WorkflowExecutionAlreadyStartedError while another run is open.
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
