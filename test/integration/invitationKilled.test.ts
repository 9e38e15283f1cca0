import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WORKFLOW } from '#domain/contracts.ts';
import { type AcceptedInvitation, userInvitationWorkflowId } from '#domain/userInvitation.ts';
import { createEventStore } from '#store/events.ts';
import { created, newEvent } from '#support/events.ts';
import { type Onboarding, startOnboarding } from '#support/onboarding.ts';
import { spawnWorker, type WorkerProcess } from '#support/worker.ts';

/** Two invitations, stopped where the killed worker had not heard what it had done. */
let onboarding: Onboarding;
let worker: WorkerProcess;
let orgId: string;

beforeAll(async () => {
  onboarding = await startOnboarding();
  orgId = randomUUID();
  const store = createEventStore(onboarding.database.pool);
  await store.append(newEvent('organization.created', orgId, created(`s${orgId.slice(0, 8)}`)));
  worker = await spawnWorker(onboarding.workerEnv);
});
afterAll(async () => {
  await worker.kill('SIGKILL');
  await onboarding.stop();
});

async function start(email: string) {
  const invitationId = randomUUID();
  return onboarding.client.workflow.start(WORKFLOW.userInvitation, {
    taskQueue: `users-${onboarding.taskQueue}`,
    workflowId: userInvitationWorkflowId(invitationId),
    args: [
      {
        invitationId,
        orgId,
        origin: { requestedAt: new Date().toISOString(), source: 'test' },
        user: { email, firstName: 'Ada', lastName: 'Byron', role: 'clinician' },
        timing: { reminderAfterMs: 0, retryInitialMs: 50, heartbeatTimeoutMs: 2_000 },
      },
    ],
  });
}
const mailsTo = (email: string) => onboarding.smtp.mails.filter(({ to }) => to[0] === email);

test('one account and one mail each, whatever the killed worker was about to hear', async () => {
  const { smtp, supabase } = onboarding;
  const [accepting, mailing] = ['accepting@example.org', 'mailing@example.org'];
  const first = await start(accepting);
  await expect.poll(() => mailsTo(accepting).length).toBe(1);
  smtp.fail(mailing, 'hold');
  const second = await start(mailing);
  supabase.users.fault('silent');
  const update = await first.startUpdate<AcceptedInvitation, []>('accept', {
    waitForStage: 'ACCEPTED',
  });
  await vi.waitFor(
    () => {
      expect(supabase.users.waiting).toEqual([accepting]);
      expect(smtp.waiting).toEqual([mailing]);
    },
    { timeout: 30_000, interval: 50 },
  );

  await worker.kill('SIGKILL');
  supabase.users.fault('none');
  smtp.clearFaults();
  worker = await spawnWorker(onboarding.workerEnv);

  const accounts = () => supabase.users.users.filter(({ email }) => email === accepting);
  const accepted = await update.result();
  expect(accepted).toMatchObject({ userId: accounts()[0]?.id, linked: false });
  expect(accounts()).toHaveLength(1);
  await first.result();
  const events = await onboarding.queries.getEventsForWorkflow(first.workflowId);
  expect(events.map(({ eventType }) => eventType)).toEqual([
    'user.invited',
    'invitation.email.sent',
    'invitation.accepted',
    'user.provisioned',
  ]);
  await expect.poll(() => mailsTo(mailing).length).toBe(1);
  await second.signal('revoke', 'test');
  await second.result();
  expect(mailsTo(mailing)).toHaveLength(1);
});
