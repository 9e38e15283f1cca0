/** Acceptances that the organization's state refuses: they leave no account behind. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { type StartedInvitation, startInvitation, tokenIn } from '#support/runs/invitationRuns.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);

let orgId: string;
let run: StartedInvitation;

const FAST = { reminderAfterMs: 0, retryInitialMs: 50, heartbeatTimeoutMs: 2_000 };

beforeEach(async () => {
  ({ orgId } = await makeActiveOrganization(onboarding.database.pool));
  run = await startInvitation(onboarding, { orgId, timing: FAST });
  await expect.poll(() => onboarding.mailsTo(run.email).length).toBe(1);
});
afterEach(() => {
  onboarding.supabase.users.beforeAnswer = undefined;
  onboarding.heal();
});

const accept = () =>
  api.call('POST', `/api/v1/invitations/${tokenIn(onboarding.mailsTo(run.email)[0]!.text)}/accept`);
const accounts = () => onboarding.supabase.users.users.filter(({ email }) => email === run.email);
/** The organization's deletion has begun, and has not come to the invitations. */
const beginDeletion = () =>
  createEventStore(onboarding.database.pool).append(
    newEvent('organization.deletion.initiated', orgId, { reason: 'they leave' }),
  );
/** Does this once, when an account has been made and the answer is not out yet. */
function whenMade(work: () => Promise<unknown>): void {
  const { users } = onboarding.supabase;
  users.beforeAnswer = async (call) => {
    if (call !== 'POST /users') return;
    users.beforeAnswer = undefined;
    await work();
  };
}

async function expectRefused(): Promise<void> {
  expectProblem(await accept(), 409, 'not-active');
  expect(await onboarding.readModels.invitation(run.invitationId)).toMatchObject({
    status: 'pending',
    userId: null,
  });
  expect(await onboarding.eventTypesOf(run.handle.workflowId)).toEqual([
    'user.invited',
    'invitation.email.sent',
  ]);
}

test('after the deletion has begun no account is made', async () => {
  await beginDeletion();
  const calls: string[] = [];
  onboarding.supabase.users.beforeAnswer = (call) => void calls.push(call);
  await expectRefused();
  expect(calls).toEqual(['POST /generate_link']);
  expect(accounts()).toEqual([]);
});

test('an account that was made while the deletion began is taken back', async () => {
  whenMade(beginDeletion);
  await expectRefused();
  expect(accounts()).toEqual([]);
});

test('so is one that an attempt before has made', async () => {
  const { users } = onboarding.supabase;
  users.fault({ status: 503, done: true }, run.email);
  whenMade(beginDeletion);
  await expectRefused();
  expect(accounts()).toEqual([]);
});

test('an account that was there before stays', async () => {
  const { users } = onboarding.supabase;
  users.create(run.email, 'a good password', {});
  users.confirm(run.email);
  const before = structuredClone(accounts());
  await beginDeletion();
  await expectRefused();
  expect(accounts()).toEqual(before);
});

describe('an account that was made for it stays', () => {
  /** As an attempt before has made it. */
  function made() {
    const { users } = onboarding.supabase;
    const user = users.create(run.email, 'a good password', {});
    users.confirm(run.email);
    return Object.assign(user, {
      app_metadata: { ...user.app_metadata, invitation_id: run.invitationId },
    });
  }

  test('once somebody has logged in with it', async () => {
    Object.assign(made(), { last_sign_in_at: new Date().toISOString() });
    await beginDeletion();
    await expectRefused();
    expect(accounts()).toHaveLength(1);
  });

  test('once it is a member elsewhere', async () => {
    const { id } = made();
    const { pool } = onboarding.database;
    const elsewhere = await makeActiveOrganization(pool);
    const other = await startInvitation(onboarding, { orgId: elsewhere.orgId, email: run.email });
    await expect.poll(() => onboarding.mailsTo(run.email).length).toBe(2);
    expect(await other.handle.executeUpdate('accept')).toMatchObject({ userId: id });
    await beginDeletion();
    await expectRefused();
    expect(accounts()).toMatchObject([{ id }]);
  });
});
