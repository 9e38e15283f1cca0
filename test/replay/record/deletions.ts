/** Recordings of deletions: one of every kind of ending. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  deletionWorkflowId,
  ORGANIZATION_DELETION,
  type OrganizationDeletionParams,
} from '#deletion/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import type { Bench, Recording } from './recording.ts';

async function remove({ client, pool, queues }: Bench, name: string): Promise<WorkflowHandle> {
  const { orgId } = await makeActiveOrganization(pool, { slug: name });
  const params: OrganizationDeletionParams = {
    organizationId: orgId,
    reason: 'recording',
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
  };
  return client.workflow.start(ORGANIZATION_DELETION, {
    taskQueue: queues.bootstrap,
    workflowId: deletionWorkflowId(orgId),
    args: [params],
  });
}

export const deletions: Record<string, Recording> = {
  'deletion-before-waiting': { run: remove },
};
