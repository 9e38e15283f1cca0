/** Recordings of invitations: one of every kind of ending. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationTiming,
  USER_INVITATION,
  type UserInvitationState,
  userInvitationWorkflowId,
} from '#invitation/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { created, newEvent } from '#support/history/events.ts';
import type { Bench, Recording } from './recording.ts';

const POLL_MS = 50;

interface Kind {
  timing?: Partial<InvitationTiming>;
  /** Called once the invitation is pending. */
  act?: (handle: WorkflowHandle) => Promise<unknown>;
}

const KINDS: Record<string, Kind> = {
  'invitation-accepted': { act: (handle) => handle.executeUpdate(INVITATION_UPDATE.accept) },
  'invitation-expired': { timing: { ttlMs: 3_000, reminderAfterMs: 1_000 } },
  'invitation-resent-and-revoked': {
    act: async (handle) => {
      await handle.executeUpdate(INVITATION_UPDATE.resend);
      await handle.signal(INVITATION_SIGNAL.revoke, 'recording');
    },
  },
};

async function invite({ client, pool, queues }: Bench, name: string, { timing }: Kind) {
  const orgId = randomUUID();
  const invitationId = randomUUID();
  await createEventStore(pool).append(newEvent('organization.created', orgId, created(name)));
  return client.workflow.start(USER_INVITATION, {
    taskQueue: queues.users,
    workflowId: userInvitationWorkflowId(invitationId),
    args: [
      {
        invitationId,
        orgId,
        origin: { requestedAt: new Date().toISOString(), source: 'recording' },
        user: { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron', role: 'clinician' },
        timing: { reminderAfterMs: 0, ...timing },
      },
    ],
  });
}

async function untilPending(handle: WorkflowHandle): Promise<void> {
  while ((await handle.query<UserInvitationState>(QUERY_GET_STATE)).state !== 'pending') {
    await delay(POLL_MS);
  }
}

async function run(bench: Bench, name: string, kind: Kind): Promise<WorkflowHandle> {
  const handle = await invite(bench, name, kind);
  await untilPending(handle);
  await kind.act?.(handle);
  return handle;
}

export const invitations: Record<string, Recording> = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [
    name,
    { run: (bench: Bench) => run(bench, name, kind) },
  ]),
);
