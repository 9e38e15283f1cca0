/** SampleTaskWorkflow: records a note of an organization. */
import { proxyActivities } from '@temporalio/workflow';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { SAMPLE_TASK_INPUT } from './contract/input.ts';
import type { SampleTaskActivities, SampleTaskParams } from './contract.ts';

const TIMING = { retryInitialMs: 10_000, heartbeatTimeoutMs: 10_000 };

export async function SampleTaskWorkflow(given: SampleTaskParams): Promise<void> {
  return whenAccepted(SAMPLE_TASK_INPUT, given, record);
}

async function record(params: SampleTaskParams): Promise<void> {
  const { organizationId: orgId, sampleTaskId, note, origin } = params;
  const { recordSampleTaskActivity } = proxyActivities<SampleTaskActivities>(
    retryPolicies(TIMING).waiting,
  );
  await recordSampleTaskActivity({ orgId, origin, sampleTaskId, note });
}
