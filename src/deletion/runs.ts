/** Deletion runs as the API starts them. */
import type { Client } from '@temporalio/client';
import { WORKFLOW } from '#families.ts';
import { START_DEADLINE_MS, searchAttributes } from '#kernel/temporal/runs.ts';
import { deletionWorkflowId, type OrganizationDeletionParams } from './contract.ts';

/**
 * Starts the deletion of an organization; one that has failed may be started again.
 * @throws WorkflowExecutionAlreadyStartedError when one is under way or has succeeded.
 */
export async function startDeletionRun(
  client: Client,
  taskQueue: string,
  params: OrganizationDeletionParams,
  correlationId: string,
): Promise<void> {
  const { organizationId: orgId, origin } = params;
  await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.start(WORKFLOW.organizationDeletion, {
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      taskQueue,
      workflowId: deletionWorkflowId(orgId),
      args: [params],
      memo: { org_id: orgId, correlation_id: correlationId },
      typedSearchAttributes: searchAttributes({
        orgId,
        userId: origin.requestedBy,
        correlationId,
        step: 'deletion',
      }),
    }),
  );
}
