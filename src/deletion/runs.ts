/** Starts deletion runs for the API. */
import type { Client } from '@temporalio/client';
import { startRun } from '#kernel/temporal/runs.ts';
import {
  deletionWorkflowId,
  ORGANIZATION_DELETION,
  type OrganizationDeletionParams,
} from './contract.ts';

/**
 * Starts the deletion of an organization; a deletion that failed may be started again.
 * @returns the workflow id.
 * @throws WorkflowExecutionAlreadyStartedError when one is in progress or has succeeded.
 */
export const startDeletionRun = (
  client: Client,
  taskQueue: string,
  params: OrganizationDeletionParams,
): Promise<string> =>
  startRun(client, {
    type: ORGANIZATION_DELETION,
    taskQueue,
    workflowId: deletionWorkflowId(params.organizationId),
    params,
    reuse: 'untilSuccess',
    orgId: params.organizationId,
    userId: params.origin.requestedBy,
    step: 'deletion',
  });
