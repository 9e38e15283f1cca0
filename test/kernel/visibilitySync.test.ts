import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { WORKFLOWS } from '#families.ts';
import { createWorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { createVisibilitySync } from '#kernel/temporal/visibilitySync.ts';
import { bootstrapWorkflowId, ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const onboarding = useOnboarding();

/** A run that somebody started by hand and then terminated; no worker took it. */
async function terminated(workflowId: string, orgId?: string): Promise<string> {
  const handle = await onboarding.client.workflow.start(ORGANIZATION_BOOTSTRAP, {
    workflowId,
    taskQueue: onboarding.taskQueue,
    args: [{}],
    ...(orgId && { searchAttributes: { org_id: [orgId] } }),
  });
  await handle.terminate('by a test');
  return workflowId;
}

test('one bad run does not stop the others', async () => {
  const foreign = await terminated(`my-test-${randomUUID()}x`);
  const marked = await terminated(`my-test-${randomUUID()}`, 'not-an-id');
  const broken = randomUUID();
  await terminated(bootstrapWorkflowId(broken));
  const good = randomUUID();
  await terminated(bootstrapWorkflowId(good));

  const runs = createWorkflowRuns(onboarding.database.pool);
  const ended: string[] = [];
  const sync = createVisibilitySync({
    client: onboarding.client,
    runs,
    workflows: WORKFLOWS,
    endUnsaid: {
      async [ORGANIZATION_BOOTSTRAP]({ orgId }) {
        if (orgId === broken) throw new Error('this one cannot be ended');
        ended.push(orgId);
      },
    },
    outlived: {},
    logger: createLogger('test', 'silent'),
  });
  await expect
    .poll(async () => {
      await sync.sync([onboarding.taskQueue]);
      return ended;
    })
    .toContain(good);
  const { rows } = await onboarding.owner.query('SELECT workflow_id FROM workflow_runs_projection');
  const recorded = rows.map(({ workflow_id }) => workflow_id);
  expect(recorded).toContain(bootstrapWorkflowId(good));
  expect(recorded).not.toContain(foreign);
  expect(recorded).not.toContain(marked);
});
