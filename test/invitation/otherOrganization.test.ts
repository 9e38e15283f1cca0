/** Runs that somebody starts by hand for another organization than the invitation's. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { beforeEach, expect, test } from 'vitest';
import { USER_INVITATION, type UserInvitationParams } from '#invitation/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { person, type StartedInvitation, startInvitation } from '#support/runs/invitationRuns.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);

const FAST = { reminderAfterMs: 0, retryInitialMs: 50, heartbeatTimeoutMs: 2_000 };

let invited: StartedInvitation;
let params: UserInvitationParams;

beforeEach(async () => {
  const { pool } = onboarding.database;
  const { orgId } = await makeActiveOrganization(pool);
  invited = await startInvitation(onboarding, { orgId, timing: FAST });
  await expect.poll(() => onboarding.mailsTo(invited.email).length).toBe(1);
  params = {
    invitationId: invited.invitationId,
    orgId: (await makeActiveOrganization(pool)).orgId,
    origin: { requestedAt: new Date().toISOString() },
    timing: FAST,
  };
});

const options = (args: [UserInvitationParams]) => ({
  taskQueue: onboarding.usersTaskQueue,
  workflowId: `by-hand-${randomUUID()}`,
  args,
});

/** The run has ended as refused, and nothing was done to the invitation of the other organization. */
async function expectRefused(run: WorkflowHandle): Promise<void> {
  const error = await run.result().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const cause = error.cause.cause ?? error.cause;
  expect(cause).toMatchObject({ type: 'InvalidInput' });
  expect(cause.message).toBe('the invitation is of another organization');
  expect(await onboarding.eventTypesOf(run.workflowId)).toEqual([]);
  expect(await onboarding.readModels.invitation(invited.invitationId)).toMatchObject({
    status: 'pending',
    userId: null,
  });
  expect(await onboarding.eventTypesOf(invited.handle.workflowId)).toEqual([
    'user.invited',
    'invitation.email.sent',
  ]);
  const accounts = onboarding.supabase.users.users.filter(({ email }) => email === invited.email);
  expect(accounts).toEqual([]);
  expect(onboarding.mailsTo(invited.email)).toHaveLength(1);
}

test.each([['its person'], ['nobody'], ['an acceptance'], ['a revocation']])(
  'one that is started with %s is refused, and the invitation stays as it is',
  async (start) => {
    const { workflow } = onboarding.client;
    const user = person(invited.email);
    const args: [UserInvitationParams] = [start === 'its person' ? { ...params, user } : params];
    const run =
      start === 'a revocation'
        ? await workflow.signalWithStart(USER_INVITATION, {
            ...options(args),
            signal: 'revoke',
            signalArgs: ['not theirs'],
          })
        : await workflow.start(USER_INVITATION, options(args));
    if (start === 'an acceptance') await run.executeUpdate('accept').catch(() => {});
    await expectRefused(run);
    expect(await invited.handle.executeUpdate('accept')).toMatchObject({ linked: false });
  },
);
