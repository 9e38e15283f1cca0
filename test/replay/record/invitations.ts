/** Recordings of invitations: one of every kind of ending. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationTiming,
  type UserInvitationState,
} from '#invitation/contract.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { startInvitation } from '#support/runs/invitationRuns.ts';
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
  const { orgId } = await makeActiveOrganization(pool, { slug: name });
  const where = { client, usersTaskQueue: queues.users };
  const options = { orgId, email: 'ada@example.org', timing: { reminderAfterMs: 0, ...timing } };
  return (await startInvitation(where, options)).handle;
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
