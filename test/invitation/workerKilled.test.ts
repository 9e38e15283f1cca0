import type { WorkflowHandle } from '@temporalio/client';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { AcceptedInvitation, InvitationTiming } from '#invitation/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { startInvitation } from '#support/runs/invitationRuns.ts';
import { useHolds } from '#support/stack/holds.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

/**
 * Invitations stopped in the middle of every step; then the worker is killed, and another one
 * takes over. How each is stopped says what the killed worker had done and not yet heard.
 */
const onboarding = useOnboarding();
const holds = useHolds(onboarding);
const workers = useWorkers(onboarding);
let orgId: string;

const addressOf = (name: string) => `${name}@example.org`;
const mailsTo = (name: string) => onboarding.mailsTo(addressOf(name));
const accountsOf = (name: string) =>
  onboarding.supabase.users.users.filter(({ email }) => email === addressOf(name));

async function start(
  name: string,
  timing: Partial<InvitationTiming> = {},
): Promise<WorkflowHandle> {
  const fast = { reminderAfterMs: 0, retryInitialMs: 50, heartbeatTimeoutMs: 2_000 };
  const options = { orgId, email: addressOf(name), timing: { ...fast, ...timing } };
  return (await startInvitation(onboarding, options)).handle;
}

/** Has been written to, so that something can happen to it. */
async function startInvited(name: string, timing: Partial<InvitationTiming> = {}) {
  const handle = await start(name, timing);
  await vi.waitFor(() => expect(mailsTo(name)).toHaveLength(1), { timeout: 20_000, interval: 20 });
  return handle;
}
const accept = (handle: WorkflowHandle) =>
  handle.startUpdate<AcceptedInvitation, []>('accept', { waitForStage: 'ACCEPTED' });

const handles = new Map<string, WorkflowHandle>();
const accepting = new Map<string, Awaited<ReturnType<typeof accept>>>();

async function stopEverythingSomewhere(): Promise<void> {
  const { smtp, supabase } = onboarding;
  const invited = ['unheard-account', 'unwritten-account', 'revoking', 'resending'];
  for (const name of invited) handles.set(name, await startInvited(name));
  handles.set('reminding', await startInvited('reminding', { reminderAfterMs: 3_000 }));
  smtp.fail(addressOf('reminding'), 'hold');
  handles.set('expiring', await startInvited('expiring', { ttlMs: 4_000 }));
  await holds.invitation(addressOf('expiring'), 'expired');

  await holds.invitation(addressOf('inviting'), 'pending');
  handles.set('inviting', await start('inviting'));
  smtp.fail(addressOf('mailing'), 'hold');
  handles.set('mailing', await start('mailing'));

  supabase.users.fault('silent', addressOf('unheard-account'));
  await holds.invitation(addressOf('unwritten-account'), 'accepted');
  for (const name of ['unheard-account', 'unwritten-account']) {
    accepting.set(name, await accept(handles.get(name)!));
  }
  await holds.invitation(addressOf('revoking'), 'revoked');
  await handles.get('revoking')!.signal('revoke', 'test');
  await holds.invitation(addressOf('resending'), 'generation-1');
  await handles.get('resending')!.startUpdate('resend', { waitForStage: 'ACCEPTED' });
}

beforeAll(async () => {
  ({ orgId } = await makeActiveOrganization(onboarding.database.pool));
  await workers.spawn();
  await stopEverythingSomewhere();
  await vi.waitFor(
    async () => {
      expect(await holds.stopped()).toBe(5);
      expect(onboarding.supabase.users.waiting).toEqual([addressOf('unheard-account')]);
      expect(onboarding.smtp.waiting.toSorted()).toEqual(['mailing', 'reminding'].map(addressOf));
    },
    { timeout: 60_000, interval: 50 },
  );

  await workers.kill();
  onboarding.supabase.users.fault('none', addressOf('unheard-account'));
  onboarding.smtp.clearFaults();
  await holds.releaseAll();
  await workers.spawn();
}, 180_000);

const eventsOf = (name: string) => onboarding.eventTypesOf(handles.get(name)!.workflowId);

describe('a worker killed', () => {
  test.each(['unheard-account', 'unwritten-account'])(
    'while it accepts (%s): one account, which is not taken for a stranger’s',
    async (name) => {
      expect(await accepting.get(name)!.result()).toMatchObject({
        userId: accountsOf(name)[0]?.id,
        linked: false,
      });
      await handles.get(name)!.result();
      expect(accountsOf(name)).toHaveLength(1);
      expect(await eventsOf(name)).toEqual([
        'user.invited',
        'invitation.email.sent',
        'invitation.accepted',
        'user.provisioned',
      ]);
    },
  );

  test.each(['inviting', 'mailing'])(
    'while it is %s: one invitation and one mail',
    async (name) => {
      await expect.poll(() => eventsOf(name)).toEqual(['user.invited', 'invitation.email.sent']);
      expect(mailsTo(name)).toHaveLength(1);
    },
  );

  test('while it reminds: one reminder', async () => {
    await expect.poll(() => eventsOf('reminding')).toContain('invitation.reminder.sent');
    expect(mailsTo('reminding').map(({ subject }) => subject.startsWith('Reminder'))).toEqual([
      false,
      true,
    ]);
  });

  test('while it sends a new link: one new link', async () => {
    await expect
      .poll(() => eventsOf('resending'))
      .toEqual([
        'user.invited',
        'invitation.email.sent',
        'invitation.resent',
        'invitation.email.sent',
      ]);
    expect(mailsTo('resending')).toHaveLength(2);
  });

  test.each([
    ['expiring', 'invitation.expired', 'expired'],
    ['revoking', 'invitation.revoked', 'revoked'],
  ])('while it is %s: one %s, and no account', async (name, event, state) => {
    expect(await handles.get(name)!.result()).toMatchObject({ state });
    expect(await eventsOf(name)).toEqual(['user.invited', 'invitation.email.sent', event]);
    expect(accountsOf(name)).toEqual([]);
  });
});
