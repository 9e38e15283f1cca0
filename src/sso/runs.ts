/** Runs on single sign-on and domains, as the API starts and reaches them. */
import { type Client, WorkflowNotFoundError, type WorkflowStartOptions } from '@temporalio/client';
import {
  type DomainVerificationParams,
  domainVerificationWorkflowId,
} from '#domainClaim/contract.ts';
import { WORKFLOW } from '#families.ts';
import { currentCorrelationId, withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { START_DEADLINE_MS, searchAttributes } from '#kernel/temporal/runs.ts';
import {
  SIGNAL_SSO_TEST,
  SSO_STEPS,
  type SsoConfigurationParams,
  type SsoDeactivationParams,
  type SsoTestVerdict,
  ssoConfigurationWorkflowId,
  ssoDeactivationWorkflowId,
} from './contract.ts';

/** One at a time; when it has ended, another may follow. */
async function start(
  client: Client,
  taskQueue: string,
  workflow: { type: string; workflowId: string; step: string },
  params: { organizationId: string; origin: { requestedBy?: string } },
): Promise<string> {
  const { type, workflowId, step } = workflow;
  const { organizationId: orgId, origin } = params;
  const correlationId = currentCorrelationId()!;
  const options: WorkflowStartOptions = {
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    taskQueue,
    workflowId,
    args: [params],
    memo: { org_id: orgId, correlation_id: correlationId },
    typedSearchAttributes: searchAttributes({
      orgId,
      userId: origin.requestedBy,
      correlationId,
      step,
    }),
  };
  await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.start(type, options),
  );
  return workflowId;
}

/** @throws WorkflowExecutionAlreadyStartedError while one of the organization is under way. */
export const startSsoConfiguration = (
  client: Client,
  taskQueue: string,
  params: SsoConfigurationParams,
): Promise<string> =>
  start(
    client,
    taskQueue,
    {
      type: WORKFLOW.ssoConfiguration,
      workflowId: ssoConfigurationWorkflowId(params.organizationId),
      step: SSO_STEPS[0],
    },
    params,
  );

export const startSsoDeactivation = (
  client: Client,
  taskQueue: string,
  params: SsoDeactivationParams,
): Promise<string> =>
  start(
    client,
    taskQueue,
    {
      type: WORKFLOW.ssoDeactivation,
      workflowId: ssoDeactivationWorkflowId(params.organizationId),
      step: 'deactivation',
    },
    params,
  );

export const startDomainVerification = (
  client: Client,
  taskQueue: string,
  params: DomainVerificationParams,
): Promise<string> =>
  start(
    client,
    taskQueue,
    {
      type: WORKFLOW.domainVerification,
      workflowId: domainVerificationWorkflowId(params.organizationId, params.domain),
      step: 'domain_verification',
    },
    params,
  );

/** Tells the run how its test went. @returns false when it has ended meanwhile. */
export async function reportSsoTest(
  client: Client,
  { orgId, correlationId }: { orgId: string; correlationId: string | null },
  verdict: SsoTestVerdict,
): Promise<boolean> {
  const workflowId = ssoConfigurationWorkflowId(orgId);
  try {
    await withCorrelationId(correlationId ?? workflowId, () =>
      client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
        client.workflow.getHandle(workflowId).signal<[SsoTestVerdict]>(SIGNAL_SSO_TEST, verdict),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
