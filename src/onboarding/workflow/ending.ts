/** How a bootstrap ends: completed, undone, or as it had ended before it was reset. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { USER_INVITATION, userInvitationWorkflowId } from '#invitation/contract.ts';
import type { Queue } from '#kernel/queues.ts';
import { noteError } from '#kernel/workflow/failures.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { inheritedSearchAttributes } from '#kernel/workflow/searchAttributes.ts';
import type { OrganizationBootstrapResult } from '../contract.ts';
import { ONBOARDING_FAILURE } from '../rules.ts';
import type { Run } from './run.ts';
import { recordFailure } from './undoing.ts';

/** The queue of invitation runs when the input names none. */
const DEFAULT_INVITATION_QUEUE: Queue = 'users';
/** A deletion looks for open runs each minute at the latest. */
const MAX_CANCELLATION_WAIT_MS = 10 * 60_000;

/**
 * Runs the activation and what follows it. A cancellation that arrives meanwhile has no effect:
 * otherwise the organization would be active, and a part of its invitations dead.
 */
export const afterActivation = <T>(work: () => Promise<T>): Promise<T> =>
  // Older runs could be cancelled in the middle.
  patched('activation-not-cancellable') ? CancellationScope.nonCancellable(work) : work();

/** What follows the activation; it can be repeated. */
export async function finish(run: Run): Promise<OrganizationBootstrapResult> {
  await startInvitationRuns(run);
  return complete(run);
}

/**
 * Starts a run for each invitation, which continues after this run has ended: a bootstrap does not
 * wait for reminders, expiry and accounts. A reset run finds those that it had started before.
 */
async function startInvitationRuns({ params, input, invitationIds }: Run): Promise<void> {
  // Older runs did not start invitation runs.
  if (!patched('user-invitation-runs')) return;
  const { timing, taskQueue = DEFAULT_INVITATION_QUEUE } = params.invitations ?? {};
  await Promise.all(
    invitationIds.map((invitationId) =>
      startChild(USER_INVITATION, {
        workflowId: userInvitationWorkflowId(invitationId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        taskQueue,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        typedSearchAttributes: inheritedSearchAttributes(input.orgId),
        args: [{ invitationId, ...input, ...(timing && { timing }) }],
      }).catch((error) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }),
    ),
  );
}

/** Not cancellable: a cancellation that arrives now does not undo an active organization. */
function complete({ input, activities, progress }: Run): Promise<OrganizationBootstrapResult> {
  const { orgId, domain, dnsConfigured, invitationsSent, errors } = progress.state;
  const result = { orgId, domain, dnsConfigured, invitationsSent, errors };
  return CancellationScope.nonCancellable(async () => {
    await activities.store.recordBootstrapOutcomeActivity({
      ...input,
      outcome: { kind: 'completed', result },
    });
    return result;
  });
}

/**
 * Decides by the store what the end of a failed or cancelled run is. A run that a reset has started
 * again may fail after its organization was activated, or after it was undone: then it ends as
 * before, and nothing is undone.
 * @returns the result of a run that has completed.
 * @throws `error`, or ApplicationFailure BootstrapOver when the bootstrap had ended otherwise.
 */
export async function settle(run: Run, error: unknown): Promise<OrganizationBootstrapResult> {
  throwMistake(error);
  noteError(run.progress.state, error);
  // Older runs undid what they had done themselves.
  const isChecked = patched('undo-by-the-store');
  const standing = isChecked
    ? await CancellationScope.nonCancellable(() =>
        run.activities.compensation.bootstrapStandingActivity(run.input),
      )
    : undefined;
  switch (standing?.kind) {
    case 'completed':
      return standing.result;
    case 'active':
      Object.assign(run.progress.state, standing.result);
      run.invitationIds = standing.invitationIds;
      return CancellationScope.nonCancellable(() => finish(run));
    case 'over':
      throw ApplicationFailure.nonRetryable(standing.reason, ONBOARDING_FAILURE.bootstrapOver);
    default: {
      const isDeleted = standing?.kind === 'undoing' && standing.isDeleted;
      const end = isDeleted ? await cancellationByDeletion(error) : error;
      await recordFailure(run, end, isChecked);
      throw end;
    }
  }
}

/**
 * A deletion first lets nothing new take effect, and then cancels the run: what it refuses may be
 * seen before the cancellation. The run is cancelled either way.
 * @returns `error` when nobody cancels: the deletion itself was ended.
 */
async function cancellationByDeletion(error: unknown): Promise<unknown> {
  // Older runs failed when they saw the refusal first.
  if (isCancellation(error) || !patched('cancelled-by-deletion')) return error;
  return sleep(MAX_CANCELLATION_WAIT_MS).then(
    () => error,
    (cancellation: unknown) => cancellation,
  );
}
