/**
 * The part of `npm run histories:record` on invitations: one run of every kind of ending, of
 * those that are not there yet; names as arguments record those again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { loadConfig } from '#config';
import { startStack } from '#dev/stack.ts';
import { QUERY_GET_STATE, WORKFLOW } from '#domain/contracts.ts';
import {
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationTiming,
  type UserInvitationState,
  userInvitationWorkflowId,
} from '#domain/userInvitation.ts';
import { createEventStore } from '#store/events.ts';
import { created, newEvent } from '#support/events.ts';
import { createLogger } from '#telemetry/logger.ts';
import { connectTemporal } from '#telemetry/temporal.ts';
import { runWorker } from '#worker';
import { isRecorded, recordHistory } from './historyFiles.ts';

const POLL_MS = 50;
const TASK_QUEUE = 'record-users';

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

async function invite(client: Client, pool: pg.Pool, name: string, { timing }: Kind) {
  const orgId = randomUUID();
  const invitationId = randomUUID();
  await createEventStore(pool).append(newEvent('organization.created', orgId, created(name)));
  return client.workflow.start(WORKFLOW.userInvitation, {
    taskQueue: TASK_QUEUE,
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

const asked = process.argv.slice(2);
const stack = await startStack();
const pool = new pg.Pool({ connectionString: stack.env.DATABASE_URL });
const { client, connection } = connectTemporal(loadConfig('trigger', stack.env));
const stopping = new AbortController();
const env = { ...stack.env, TEMPORAL_USERS_TASK_QUEUE: TASK_QUEUE, HEALTH_CHECK_PORT: '0' };
const worker = runWorker(
  loadConfig('worker', env),
  createLogger('worker', 'warn'),
  stopping.signal,
);
try {
  for (const [name, kind] of Object.entries(KINDS)) {
    if (!asked.includes(name) && (await isRecorded(name))) continue;
    const handle = await invite(client, pool, name, kind);
    await untilPending(handle);
    await kind.act?.(handle);
    await handle.result();
    await recordHistory(name, handle);
  }
} finally {
  stopping.abort();
  await worker;
  await connection.close();
  await pool.end();
  await stack.stop();
}
