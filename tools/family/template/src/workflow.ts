/** SampleTaskWorkflow: records a note of an organization. */
import { proxyActivities } from '@temporalio/workflow';
import { acceptedInput } from '#kernel/workflow/acceptedInput.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { SAMPLE_TASK_INPUT } from './contract/input.ts';
import type { SampleTaskActivities, SampleTaskParams } from './contract.ts';

const TIMING = { retryInitialMs: 10_000, heartbeatTimeoutMs: 10_000 };

export async function SampleTaskWorkflow(params: SampleTaskParams): Promise<void> {
  const {
    organizationId: orgId,
    sampleTaskId,
    note,
    origin,
  } = acceptedInput(SAMPLE_TASK_INPUT, params);
  const { recordSampleTaskActivity } = proxyActivities<SampleTaskActivities>(
    retryPolicies(TIMING).waiting,
  );
  await recordSampleTaskActivity({ orgId, origin, sampleTaskId, note });
}
