/** Runs of invitations, started without a bootstrap or an API. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  type InvitationTiming,
  USER_INVITATION,
  userInvitationWorkflowId,
} from '#invitation/contract.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';

export interface StartedInvitation {
  invitationId: string;
  email: string;
  handle: WorkflowHandle;
}

interface Options {
  orgId: string;
  email?: string;
  role?: string;
  invitedByName?: string;
  requestedAt?: Date;
  /** Milliseconds; without it the run has the waits of production. */
  timing?: Partial<InvitationTiming>;
}

/** Somebody to invite. */
export const person = (email = `p-${randomUUID().slice(0, 8)}@example.org`) => ({
  email,
  firstName: 'Ada',
  lastName: 'Byron',
  role: 'clinician',
});

/**
 * Starts one invitation, under a correlation id of its own: `corr-` and the invitation's id.
 * @param where a client, and the task queue of invitations.
 */
export async function startInvitation(
  { client, usersTaskQueue }: { client: Client; usersTaskQueue: string },
  { orgId, email, role, invitedByName, requestedAt = new Date(), timing }: Options,
): Promise<StartedInvitation> {
  const invitationId = randomUUID();
  const user = { ...person(email), ...(role && { role }) };
  const params = {
    invitationId,
    orgId,
    origin: { requestedAt: requestedAt.toISOString(), source: 'test' },
    user,
    ...(invitedByName && { invitedByName }),
    ...(timing && { timing }),
  };
  const handle = await withCorrelationId(`corr-${invitationId}`, () =>
    client.workflow.start(USER_INVITATION, {
      taskQueue: usersTaskQueue,
      workflowId: userInvitationWorkflowId(invitationId),
      args: [params],
    }),
  );
  return { invitationId, email: user.email, handle };
}

/** The token in a mail's link; empty when it has none. */
export const tokenIn = (text = ''): string => /token=([\w-]+)/.exec(text)?.[1] ?? '';
