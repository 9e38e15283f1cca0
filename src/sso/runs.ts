/** Starts and signals runs on single sign-on for the API. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { type RunStart, signalRun, startRun } from '#kernel/temporal/runs.ts';
import {
  SIGNAL_SSO_TEST,
  SSO_CONFIGURATION,
  SSO_DEACTIVATION,
  SSO_STEP_NAMES,
  type SsoConfigurationParams,
  type SsoDeactivationParams,
  type SsoTestVerdict,
  ssoConfigurationWorkflowId,
  ssoDeactivationWorkflowId,
} from './contract.ts';

/** Starts a run of an organization: one at a time; another may follow after its end. */
const start = (
  client: Client,
  taskQueue: string,
  run: Pick<RunStart, 'type' | 'workflowId'> & { step: string },
  params: SsoConfigurationParams | SsoDeactivationParams,
): Promise<string> =>
  startRun(client, {
    ...run,
    taskQueue,
    params,
    reuse: 'oneAtATime',
    orgId: params.organizationId,
    userId: params.origin.requestedBy,
  });

/** @throws WorkflowExecutionAlreadyStartedError while one of the organization is in progress. */
export const startSsoConfiguration = (
  client: Client,
  taskQueue: string,
  params: SsoConfigurationParams,
): Promise<string> => {
  const workflowId = ssoConfigurationWorkflowId(params.organizationId);
  const run = { type: SSO_CONFIGURATION, workflowId, step: SSO_STEP_NAMES[0] };
  return start(client, taskQueue, run, params);
};

/** @throws WorkflowExecutionAlreadyStartedError while one of the organization is in progress. */
export const startSsoDeactivation = (
  client: Client,
  taskQueue: string,
  params: SsoDeactivationParams,
): Promise<string> => {
  const workflowId = ssoDeactivationWorkflowId(params.organizationId);
  return start(
    client,
    taskQueue,
    { type: SSO_DEACTIVATION, workflowId, step: 'deactivation' },
    params,
  );
};

/** Signals the test's result to the run. @returns false when the run has ended. */
export async function reportSsoTest(
  client: Client,
  { orgId, correlationId }: { orgId: string; correlationId: string | null },
  verdict: SsoTestVerdict,
): Promise<boolean> {
  const workflowId = ssoConfigurationWorkflowId(orgId);
  try {
    await withCorrelationId(correlationId ?? workflowId, () =>
      signalRun(client, workflowId, SIGNAL_SSO_TEST, verdict),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
