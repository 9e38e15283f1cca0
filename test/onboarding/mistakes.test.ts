/** Mistakes in workflow code: they stop the run where it is, and nothing is undone. */
import { afterEach, expect, test } from 'vitest';
import { bootstrapRuns } from '#support/runs/bootstrapRuns.ts';
import { reset } from '#support/runs/resets.ts';
import { useHolds } from '#support/stack/holds.ts';
import { type StartedRun, startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
const holds = useHolds(onboarding);
afterEach(() => onboarding.heal());
const { recordsOf } = bootstrapRuns(onboarding);

const eventsOf = async ({ handle }: StartedRun) => (await handle.fetchHistory()).events ?? [];

/** The id of the last activity that was scheduled. */
const lastActivity = async (run: StartedRun) =>
  (await eventsOf(run))
    .map((event) => event.activityTaskScheduledEventAttributes)
    .filter((scheduled) => scheduled)
    .at(-1)!;

/** Gives the open activity a result that it never has, as `temporal activity complete` can. */
async function answerNull(run: StartedRun): Promise<void> {
  const { activityId } = await lastActivity(run);
  const { workflowId } = run;
  await onboarding.client.activity.complete({ workflowId, activityId: activityId! }, null);
}

const failedTask = async (run: StartedRun) =>
  (await eventsOf(run)).findLast((event) => event.workflowTaskFailedEventAttributes)
    ?.workflowTaskFailedEventAttributes?.failure?.message;

test('a TypeError in a bootstrap undoes nothing, and a reset goes on from before it', async () => {
  const slug = 'mistaken';
  await holds.invitation(`user1@${slug}.example.org`, 'pending');
  const run = await startBootstrap(onboarding, { slug });
  await expect.poll(() => holds.stopped()).toBeGreaterThan(0);
  const { runId } = await run.handle.describe();
  const before = (await eventsOf(run)).findLast(
    (event) => event.workflowTaskCompletedEventAttributes,
  )!;
  await answerNull(run);
  await expect.poll(() => failedTask(run)).toContain('null');
  expect((await lastActivity(run)).activityType?.name).toBe('generateInvitationsActivity');
  expect(recordsOf(run.fqdn)).toHaveLength(1);
  const organization = await onboarding.readModels.organization(run.orgId);
  expect(organization?.status).not.toBe('inactive');
  expect(await run.eventTypes()).not.toContain('organization.deactivated');
  await holds.releaseAll();
  const again = await reset(
    onboarding.client,
    { workflowId: run.workflowId, runId },
    before.eventId!,
  );
  expect(await again.result()).toMatchObject({ orgId: run.orgId, invitationsSent: 3 });
  expect(recordsOf(run.fqdn)).toHaveLength(1);
});
