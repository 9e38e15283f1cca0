/** Checks the input of workflows by the rules of the API. */
import { ApplicationFailure, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { checkShape, type Issue, type Shape } from '#kernel/input/shape.ts';
import { FAILURE } from './failureTypes.ts';
import { retryPolicies } from './policies.ts';
import { DEFAULT_RETRY_TIMING } from './timing.ts';

/** Recorded in the history of a run whose input was refused, and in no other. */
const REFUSED = 'input-refused';
/** Recorded in the history of a reset run that asks whether its input was accepted. */
const ASKED = 'reset-input-asked';
const MAX_NAMED = 5;

export interface InputActivities {
  /** Whether the run that was reset, or its request, was accepted with this input. */
  wasInputAcceptedActivity(asked: { firstRunId: string; input: unknown }): Promise<boolean>;
}

/** Names the fields, never their values: they may be personal. */
const refusal = (issues: Issue[]): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    issues
      .slice(0, MAX_NAMED)
      .map(({ path, message }) => `${path.join('.') || 'the input'} ${message}`)
      .join('; '),
    FAILURE.invalidInput,
  );

async function requireAccepted(firstRunId: string, input: unknown, issues: Issue[]) {
  const { wasInputAcceptedActivity } = proxyActivities<InputActivities>(
    retryPolicies(DEFAULT_RETRY_TIMING).unlimited,
  );
  if (!(await wasInputAcceptedActivity({ firstRunId, input }))) throw refusal(issues);
}

/**
 * Runs `work` with the input in the form that the API gives it: trimmed, composed, ids in lower
 * case. Invalid input is refused. A run that is under way is not checked again: it was accepted by
 * the rules of its time, which may have been wider. A reset starts over, and a refused run can be
 * reset, too, so one with invalid input asks the store whether it had been accepted.
 *
 * `work` begins in the same turn wherever nothing is asked, because an update may wait for its
 * handler.
 * @throws ApplicationFailure InvalidInput, not retried, that names each invalid field.
 */
export function whenAccepted<T, R>(
  shape: Shape<T>,
  given: T,
  work: (params: T) => Promise<R>,
): Promise<R> {
  const { value, issues } = checkShape(shape, given);
  const isValid = issues.length === 0;
  const params = isValid ? value : given;
  const { unsafe, runId, firstExecutionRunId } = workflowInfo();
  // A replay repeats what was decided, whatever the rules are now: `patched` is true for a run that
  // recorded this decision, and for no other.
  if (isValid && !unsafe.isReplaying) return work(params);
  if (runId === firstExecutionRunId) {
    if (patched(REFUSED)) throw refusal(issues);
  } else if (patched(ASKED)) {
    return requireAccepted(firstExecutionRunId, given, issues).then(() => work(params));
  }
  return work(params);
}
