/** Starts the runs of invitations for the API, and sends them updates. */
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { notNow, Problem } from '#kernel/http/problems.ts';
import { signalRun, startRun } from '#kernel/temporal/runs.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import { ACCOUNT_FAILURE } from '#membership/contract.ts';
import {
  type AcceptedInvitation,
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationTiming,
  type ResentMail,
  USER_INVITATION,
  type UserInvitationParams,
  userInvitationWorkflowId,
} from './contract.ts';
import { INVITATION_FAILURE } from './rules.ts';
import type { InvitationApiConfig } from './settings.ts';
import type { Invitation, Invitations } from './store.ts';

const UPDATE_DEADLINE_MS = 12_000;
/** How long a request to send an invitation again waits for the mail server. */
const MAIL_DEADLINE_MS = 5_000;

export interface ReviveDeps {
  temporal: Client;
  config: InvitationApiConfig;
  invitations: Invitations;
}

/** The times of an invitation, from the settings. */
export const timingOf = (config: InvitationApiConfig): InvitationTiming => ({
  ttlMs: config.INVITATION_TTL_MS,
  reminderAfterMs: config.INVITATION_REMINDER_MS,
  maxReminders: config.INVITATION_MAX_REMINDERS,
  retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
  heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
});

/**
 * Starts an invitation's run. The id is derived from organization and address: of simultaneous
 * invitations one alone is started. A run that failed has invited nobody, and may be repeated.
 * @returns the workflow id; 'taken' when another request has invited the address.
 */
export async function startInvitationRun(
  client: Client,
  taskQueue: string,
  params: UserInvitationParams,
): Promise<string | 'taken'> {
  try {
    return await startRun(client, {
      type: USER_INVITATION,
      taskQueue,
      workflowId: userInvitationWorkflowId(params.invitationId),
      params,
      reuse: 'untilSuccess',
      orgId: params.orgId,
      userId: params.origin.requestedBy,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'taken';
    throw error;
  }
}

/**
 * Starts a run for a pending invitation that has none any more; it goes on from the store's state.
 * Has no effect while there is one. @throws when Temporal does not answer.
 */
export async function reviveInvitationRun(
  { temporal, config, invitations }: ReviveDeps,
  { invitationId, orgId, createdAt }: Pick<Invitation, 'invitationId' | 'orgId' | 'createdAt'>,
): Promise<void> {
  const { origin, correlationId } = (await invitations.inviting(invitationId)) ?? {
    origin: { requestedAt: createdAt.toISOString(), source: 'api' },
  };
  await startRun(temporal, {
    type: USER_INVITATION,
    taskQueue: config.TEMPORAL_USERS_TASK_QUEUE,
    workflowId: userInvitationWorkflowId(invitationId),
    params: { invitationId, orgId, origin, timing: timingOf(config) },
    reuse: 'unlessOpen',
    orgId,
    userId: origin.requestedBy,
    ...(correlationId && { correlationId }),
  });
}

/**
 * Calls the run of a pending invitation; where the run is gone, one is started in its place. It may
 * have been terminated, or the invitation is from before such runs existed.
 * @param call answers 'gone' when there is no open run.
 * @throws Problem when the invitation has ended.
 */
export async function withRun<T>(
  deps: ReviveDeps,
  invitationId: string,
  call: () => Promise<T | 'gone'>,
): Promise<T> {
  const answer = await call();
  if (answer !== 'gone') return answer;
  const now = await deps.invitations.find(invitationId);
  if (now?.status !== 'pending') throw notPending(now?.status ?? 'ended');
  await reviveInvitationRun(deps, now).catch(() => {
    throw unavailable();
  });
  const again = await call();
  if (again !== 'gone') return again;
  // It was overdue: its run has ended it at once.
  throw notPending((await deps.invitations.find(invitationId))?.status ?? 'ended');
}

/** The problem for an invitation that is not pending; each state has its own problem type. */
export function notPending(state: string): Problem {
  const titles: Record<string, [status: number, title: string]> = {
    accepted: [409, 'The invitation has been accepted already'],
    expired: [410, 'The invitation has expired'],
    revoked: [410, 'The invitation has been revoked'],
    superseded: [410, 'A newer invitation has been sent in place of this one'],
  };
  const [status, title] = titles[state] ?? [409, 'The invitation cannot be accepted now'];
  return new Problem(status, `invitation-${state}`, title);
}

const unavailable = (): Problem =>
  notNow('The invitation cannot be reached at the moment', 'invitation-unavailable');

/** The problem for a failed update, by the failure's type. */
function problemOf(error: unknown): Problem {
  if (!(error instanceof WorkflowUpdateFailedError)) return unavailable();
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause;
  if (!(cause instanceof ApplicationFailure)) return unavailable();
  if (cause.type === INVITATION_FAILURE.invitationNotPending)
    return notPending(String(cause.details?.[0]));
  if (cause.type === FAILURE.organizationNotActive) {
    return new Problem(409, 'not-active', 'Only an active organization takes people in', {
      detail: 'It is being set up, or it is not in service any more.',
    });
  }
  if (cause.type === ACCOUNT_FAILURE.rejected) {
    return new Problem(422, 'account-rejected', 'No account could be made for this address');
  }
  return unavailable();
}

/** True when the run has ended, or when this invitation never had one. */
const isGone = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === 5);

/** @returns what the run answered, or 'gone' when it has ended. @throws Problem */
async function ask<T>(work: () => Promise<T>): Promise<T | 'gone'> {
  try {
    return await work();
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw problemOf(error);
  }
}

const update = <T>(client: Client, invitationId: string, name: string): Promise<T | 'gone'> =>
  ask(() =>
    client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
      client.workflow.getHandle(userInvitationWorkflowId(invitationId)).executeUpdate<T, []>(name),
    ),
  );

/** Waits for the run's answer, so that the caller gets it in theirs. @throws Problem */
export const acceptInvitation = (
  client: Client,
  invitationId: string,
): Promise<AcceptedInvitation | 'gone'> => update(client, invitationId, INVITATION_UPDATE.accept);

/**
 * Makes a new link, and waits a moment for its mail: a mail server may let it wait for hours.
 * @returns what is known of the mail by then; 'gone' when the run has ended. @throws Problem
 */
export const resendInvitation = (
  client: Client,
  invitationId: string,
): Promise<ResentMail['emailStatus'] | 'gone'> =>
  ask(async () => {
    const run = client.workflow.getHandle(userInvitationWorkflowId(invitationId));
    const started = await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
      run.startUpdate<ResentMail | undefined, []>(INVITATION_UPDATE.resend, {
        waitForStage: 'ACCEPTED',
      }),
    );
    const outcome = client
      .withDeadline(Date.now() + MAIL_DEADLINE_MS, () => started.result())
      .catch((error) => {
        if (error instanceof WorkflowUpdateFailedError) throw error;
        return { emailStatus: 'pending' as const };
      });
    // Runs from before there was an answer say nothing, and had waited for the mail.
    return (await outcome)?.emailStatus ?? 'sent';
  });

/** @returns 'gone' when the run has ended. @throws Problem */
export const revokeInvitation = (
  client: Client,
  invitationId: string,
  reason: string,
): Promise<undefined | 'gone'> =>
  ask(async () => {
    const workflowId = userInvitationWorkflowId(invitationId);
    await signalRun(client, workflowId, INVITATION_SIGNAL.revoke, reason);
    return undefined;
  });
