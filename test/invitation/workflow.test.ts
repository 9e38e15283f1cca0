import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type AcceptedInvitation,
  type InvitationTiming,
  type UserInvitationState,
  userInvitationWorkflowId,
} from '#invitation/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { newEvent } from '#support/history/events.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { type StartedInvitation, startInvitation, tokenIn } from '#support/runs/invitationRuns.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const FAST: Partial<InvitationTiming> = {
  ttlMs: 60_000,
  reminderAfterMs: 0,
  retryInitialMs: 50,
  heartbeatTimeoutMs: 2_000,
};

const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => onboarding.heal());

const organization = async () => (await makeActiveOrganization(onboarding.database.pool)).orgId;

interface Run extends StartedInvitation {
  state(): Promise<UserInvitationState>;
  mails(): ReturnType<typeof onboarding.mailsTo>;
  eventTypes(): Promise<string[]>;
}

async function start(
  timing: Partial<InvitationTiming> = {},
  overrides: { orgId?: string; email?: string } = {},
): Promise<Run> {
  const { orgId = await organization(), email } = overrides;
  const started = await startInvitation(onboarding, {
    orgId,
    ...(email && { email }),
    invitedByName: 'Grace Hopper',
    timing: { ...FAST, ...timing },
  });
  const { handle } = started;
  return {
    ...started,
    state: () => handle.query<UserInvitationState>(QUERY_GET_STATE),
    mails: () => onboarding.mailsTo(started.email),
    eventTypes: () => onboarding.eventTypesOf(handle.workflowId),
  };
}

const untilPending = async (run: Run) => {
  await expect.poll(async () => (await run.state()).state).toBe('pending');
  await expect.poll(() => run.mails().length).toBeGreaterThan(0);
};
const accept = (run: Run) => run.handle.executeUpdate<AcceptedInvitation, []>('accept');
const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((thrown) => thrown as WorkflowUpdateFailedError);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  return (error as WorkflowUpdateFailedError).cause!.message;
};
const accountsOf = (email: string) =>
  onboarding.supabase.users.users.filter((user) => user.email === email);
const stored = (run: Run) => onboarding.readModels.invitation(run.invitationId);

describe('accepting', () => {
  test('makes the account, with its role and scope, and says so', async () => {
    const run = await start();
    await untilPending(run);
    const accepted = await accept(run);
    const [account, ...others] = accountsOf(run.email);
    expect(others).toEqual([]);
    expect(accepted).toMatchObject({ userId: account?.id, linked: false });
    const { path: scope } = (await onboarding.readModels.organization(accepted.orgId))!;
    expect(account?.app_metadata.memberships).toEqual([
      { org_id: accepted.orgId, roles: ['clinician'], scope, invitation_id: run.invitationId },
    ]);
    expect(await run.handle.result()).toEqual({
      invitationId: run.invitationId,
      state: 'accepted',
      userId: account?.id,
    });
    expect(await run.eventTypes()).toEqual([
      'user.invited',
      'invitation.email.sent',
      'invitation.accepted',
      'user.provisioned',
    ]);
    expect(await stored(run)).toMatchObject({
      status: 'accepted',
      userId: account?.id,
      linked: false,
    });
  });

  test('twice is once, with the same answer', async () => {
    const run = await start();
    await untilPending(run);
    const [first, second] = await Promise.all([accept(run), accept(run)]);
    expect(second).toEqual(first);
    expect(accountsOf(run.email)).toHaveLength(1);
  });

  test('links an address that has an account already, and keeps its other memberships', async () => {
    const first = await start();
    await untilPending(first);
    const { userId } = await accept(first);
    const second = await start({}, { email: first.email });
    await untilPending(second);
    expect(await accept(second)).toMatchObject({ userId, linked: true });
    expect(accountsOf(first.email)).toHaveLength(1);
    expect(accountsOf(first.email)[0]?.app_metadata.memberships).toHaveLength(2);
  });

  test('an account service that is away is told, and accepting can be tried again', async () => {
    const run = await start({ retryInitialMs: 1 });
    await untilPending(run);
    onboarding.supabase.users.fault({ status: 503 });
    await refusalOf(accept(run));
    expect((await run.state()).state).toBe('pending');
    onboarding.supabase.users.fault('none');
    expect(await accept(run)).toMatchObject({ linked: false });
  });
});

describe('the mail', () => {
  test('carries a token that is nowhere else, the organization and the correlation id', async () => {
    const run = await start();
    await untilPending(run);
    const [mail] = run.mails();
    expect(mail?.correlationId).toBe(`corr-${run.invitationId}`);
    const token = tokenIn(mail!.text)!;
    expect(token).toHaveLength(43);
    const history = JSON.stringify(await run.handle.fetchHistory());
    const events = JSON.stringify(
      await onboarding.queries.getEventsForWorkflow(run.handle.workflowId),
    );
    expect(history + events).not.toContain(token);
  });

  test('that cannot be delivered leaves an invitation that can be sent again', async () => {
    const email = `bounces-${randomUUID()}@example.org`;
    onboarding.smtp.fail(email, { code: 550 });
    const run = await start({}, { email });
    await expect.poll(async () => (await run.state()).errors.length).toBe(1);
    onboarding.smtp.clearFaults();
    await run.handle.executeUpdate('resend');
    expect(run.mails()).toHaveLength(1);
    expect(await stored(run)).toMatchObject({ status: 'pending', emailStatus: 'sent' });
  });

  test('a second pending invitation of one address is refused', async () => {
    const orgId = await organization();
    const first = await start({}, { orgId });
    await untilPending(first);
    const second = await start({}, { orgId, email: first.email.toUpperCase() });
    const error = await second.handle.result().catch((thrown) => thrown);
    expect(error.cause.cause.message).toContain('pending invitation already');
    expect(await second.eventTypes()).toEqual([]);
  });
});

describe('time', () => {
  test('reminds, and then expires', async () => {
    const run = await start({ ttlMs: 5_000, reminderAfterMs: 1_000, maxReminders: 9 });
    await untilPending(run);
    expect(await run.handle.result()).toMatchObject({ state: 'expired', userId: null });
    expect(run.mails().map(({ subject }) => subject.startsWith('Reminder'))).toEqual([
      false,
      true,
      true,
    ]);
    expect(new Set(run.mails().map(({ text }) => tokenIn(text))).size).toBe(1);
    expect(await run.eventTypes()).toEqual([
      'user.invited',
      'invitation.email.sent',
      'invitation.reminder.sent',
      'invitation.reminder.sent',
      'invitation.expired',
    ]);
    expect(await stored(run)).toMatchObject({ status: 'expired', remindersSent: 2 });
  });

  test('resending gives a new link and the whole time again', async () => {
    const run = await start({ ttlMs: 4_000 });
    await untilPending(run);
    const before = (await stored(run))!.expiresAt;
    await run.handle.executeUpdate('resend');
    const [first, second] = run.mails().map(({ text }) => tokenIn(text));
    expect(second).not.toBe(first);
    expect((await stored(run))!.expiresAt.getTime()).toBeGreaterThan(before.getTime());
    const { rows } = await onboarding.owner.query(
      'SELECT count(*)::int AS superseded FROM superseded_tokens WHERE invitation_id = $1',
      [run.invitationId],
    );
    expect(rows[0].superseded).toBe(1);
  });
});

describe('revoking', () => {
  test('by signal ends it, and accepting is refused', async () => {
    const run = await start();
    await untilPending(run);
    await run.handle.signal('revoke', 'left before joining');
    expect(await run.handle.result()).toMatchObject({ state: 'revoked' });
    expect(await stored(run)).toMatchObject({ status: 'revoked' });
    expect(accountsOf(run.email)).toEqual([]);
  });

  test('by somebody else is noticed when accepting', async () => {
    const run = await start();
    await untilPending(run);
    await createEventStore(onboarding.database.pool).append(
      newEvent('invitation.revoked', run.invitationId, {
        revoked_at: '2026-01-01',
        reason: 'deleted',
      }),
    );
    expect(await refusalOf(accept(run))).toBe('the invitation is revoked');
    expect(await run.handle.result()).toMatchObject({ state: 'revoked' });
    expect(accountsOf(run.email)).toEqual([]);
  });
});

test('a bootstrap leaves each of its invitations a run of its own', async () => {
  const bootstrap = await startBootstrap(onboarding);
  await bootstrap.handle.result();
  const invitations = await onboarding.readModels.invitationsOf(bootstrap.orgId);
  expect(invitations).toHaveLength(3);
  for (const { invitationId, email } of invitations) {
    const handle = onboarding.client.workflow.getHandle(userInvitationWorkflowId(invitationId));
    const accepted = await handle.executeUpdate<AcceptedInvitation, []>('accept');
    expect(accountsOf(email)).toMatchObject([{ id: accepted.userId }]);
    const events = await onboarding.queries.getEventsForWorkflow(handle.workflowId);
    expect(new Set(events.map(({ eventMetadata }) => eventMetadata.correlation_id))).toEqual(
      new Set([bootstrap.correlationId]),
    );
  }
});
