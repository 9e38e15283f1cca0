/** Recordings of invitations: one of every kind of ending. */
import { setTimeout as delay } from 'node:timers/promises';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { SmtpFault } from '#dev/loopback/loopbackSmtp.ts';
import {
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationTiming,
  USER_INVITATION,
  type UserInvitationParams,
  type UserInvitationState,
} from '#invitation/contract.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { startInvitation } from '#support/runs/invitationRuns.ts';
import type { Bench, Recording } from './recording.ts';

const POLL_MS = 50;
const EMAIL = 'ada@example.org';

interface Kind {
  timing?: Partial<InvitationTiming>;
  /** What the mail server does with its mail. */
  mail?: SmtpFault;
  /** Called once the invitation is pending. */
  act?: (handle: WorkflowHandle) => Promise<unknown>;
}

const stateOf = (handle: WorkflowHandle) => handle.query<UserInvitationState>(QUERY_GET_STATE);

const KINDS: Record<string, Kind> = {
  'invitation-accepted': { act: (handle) => handle.executeUpdate(INVITATION_UPDATE.accept) },
  'invitation-expired': { timing: { ttlMs: 3_000, reminderAfterMs: 1_000 } },
  'invitation-resent-and-revoked': {
    act: async (handle) => {
      await handle.executeUpdate(INVITATION_UPDATE.resend);
      await handle.signal(INVITATION_SIGNAL.revoke, 'recording');
    },
  },
  // Since a mail holds up nothing; those above are from before.
  'invitation-mail-refused': {
    mail: { code: 550 },
    act: async (handle) => {
      while ((await stateOf(handle)).errors.length === 0) await delay(POLL_MS);
      await handle.executeUpdate(INVITATION_UPDATE.resend);
      await handle.signal(INVITATION_SIGNAL.revoke, 'recording');
    },
  },
  'invitation-accepted-before-its-mail': {
    mail: { code: 451 },
    act: (handle) => handle.executeUpdate(INVITATION_UPDATE.accept),
  },
  'invitation-mail-outcome-unknown': {
    mail: 'drop',
    timing: { ttlMs: 3_000, reminderAfterMs: 1_000 },
  },
};

async function invite({ client, pool, queues }: Bench, name: string, { timing }: Kind) {
  const { orgId } = await makeActiveOrganization(pool, { slug: name });
  const where = { client, usersTaskQueue: queues.users };
  const options = { orgId, email: EMAIL, timing: { reminderAfterMs: 0, ...timing } };
  return (await startInvitation(where, options)).handle;
}

async function untilPending(handle: WorkflowHandle): Promise<void> {
  while ((await stateOf(handle)).state !== 'pending') await delay(POLL_MS);
}

async function run(bench: Bench, name: string, kind: Kind): Promise<WorkflowHandle> {
  if (kind.mail) bench.stack.smtp.fail(EMAIL, kind.mail);
  const handle = await invite(bench, name, kind);
  await untilPending(handle);
  await kind.act?.(handle);
  return handle;
}

/** The update that starts a run, in place of one that was lost, comes before its first turn. */
async function acceptAtOnce(bench: Bench, name: string): Promise<WorkflowHandle> {
  const lost = await invite(bench, name, {});
  await untilPending(lost);
  const { orgId, invitationId } = await stateOf(lost);
  await lost.terminate();
  const { client, queues } = bench;
  const origin = { requestedAt: new Date().toISOString(), source: 'recording' };
  const params: UserInvitationParams = { orgId, invitationId, origin };
  const startWorkflowOperation = new WithStartWorkflowOperation(USER_INVITATION, {
    taskQueue: queues.users,
    workflowId: lost.workflowId,
    workflowIdConflictPolicy: 'FAIL',
    args: [params],
  });
  await client.workflow.executeUpdateWithStart(INVITATION_UPDATE.accept, {
    startWorkflowOperation,
  });
  return startWorkflowOperation.workflowHandle();
}

export const invitations: Record<string, Recording> = {
  ...Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [
      name,
      { run: (bench: Bench) => run(bench, name, kind) },
    ]),
  ),
  'invitation-accepted-at-once': { run: acceptAtOnce },
};
