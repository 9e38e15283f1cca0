/** Recordings of deletions: one of every kind of ending. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  deletionWorkflowId,
  ORGANIZATION_DELETION,
  type OrganizationDeletionParams,
} from '#deletion/contract.ts';
import type { Change } from '#dev/embedded/changedWorkflows.ts';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';
import { startInvitation } from '#support/runs/invitationRuns.ts';
import type { Bench, Recording } from './recording.ts';

/** The code from before deletions waited for what is under way. */
const BEFORE_WAITING: Change[] = [
  {
    file: 'deletion/workflow.ts',
    from: `const waits = patched('deletion-waits');`,
    to: 'const waits = false;',
  },
];

function remove(
  { client, queues }: Bench,
  { orgId }: MadeOrganization,
  more: Partial<OrganizationDeletionParams> = {},
): Promise<WorkflowHandle> {
  const params: OrganizationDeletionParams = {
    organizationId: orgId,
    reason: 'recording',
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
    ...more,
  };
  return client.workflow.start(ORGANIZATION_DELETION, {
    taskQueue: queues.bootstrap,
    workflowId: deletionWorkflowId(orgId),
    args: [params],
  });
}

/** The deletion waits for the run of an invitation. */
async function whileInviting(bench: Bench, name: string): Promise<WorkflowHandle> {
  const organization = await makeActiveOrganization(bench.pool, { slug: name });
  const { client, queues } = bench;
  const where = { client, usersTaskQueue: queues.users };
  const { orgId } = organization;
  const { handle } = await startInvitation(where, { orgId, email: 'ada@example.org' });
  await handle.query('getState');
  return remove(bench, organization);
}

async function withChild(bench: Bench, name: string): Promise<WorkflowHandle> {
  const parent = await makeActiveOrganization(bench.pool, { slug: name });
  const slug = `${name}-child`;
  const path = `${parent.path}.${slug.replaceAll('-', '_')}`;
  await makeActiveOrganization(bench.pool, { slug, path, parent_org_id: parent.orgId });
  return remove(bench, parent, { cascade: true });
}

export const deletions: Record<string, Recording> = {
  'deletion-before-waiting': {
    run: async (bench, name) =>
      remove(bench, await makeActiveOrganization(bench.pool, { slug: name })),
    changes: BEFORE_WAITING,
  },
  'deletion-while-inviting': { run: whileInviting },
  'deletion-with-children': { run: withChild },
};
