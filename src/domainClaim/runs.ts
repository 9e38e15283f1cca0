/** Starts runs of domain claims for the API. */
import type { Client } from '@temporalio/client';
import { startRun } from '#kernel/temporal/runs.ts';
import {
  DOMAIN_VERIFICATION,
  type DomainVerificationParams,
  domainVerificationWorkflowId,
} from './contract.ts';

/**
 * Starts a claim; only one at a time for each domain of an organization.
 * @returns the workflow id.
 * @throws WorkflowExecutionAlreadyStartedError while one is in progress.
 */
export const startDomainVerification = (
  client: Client,
  taskQueue: string,
  params: DomainVerificationParams,
): Promise<string> => {
  const workflowId = domainVerificationWorkflowId(params.organizationId, params.domain);
  return startRun(client, {
    type: DOMAIN_VERIFICATION,
    taskQueue,
    workflowId,
    params,
    reuse: 'oneAtATime',
    orgId: params.organizationId,
    userId: params.origin.requestedBy,
    step: 'domain_verification',
  });
};
