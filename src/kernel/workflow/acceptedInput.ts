/** Checks the input of workflows by the rules of the API. */
import { ApplicationFailure, patched, workflowInfo } from '@temporalio/workflow';
import { checkShape, type Issue, type Shape } from '#kernel/input/shape.ts';
import { FAILURE } from './failureTypes.ts';

/** Recorded in the history of a run whose input was refused, and in no other. */
const REFUSED = 'input-refused';
const MAX_NAMED = 5;

/** Names the fields, never their values: they may be personal. */
const refusal = (issues: Issue[]): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    issues
      .slice(0, MAX_NAMED)
      .map(({ path, message }) => `${path.join('.') || 'the input'} ${message}`)
      .join('; '),
    FAILURE.invalidInput,
  );

/**
 * The input of a run in the form that the API gives it: trimmed, composed, ids in lower case. Only
 * a new run is refused. One that is replayed or reset was accepted by the rules of its time, which
 * may have been wider: a refusal now would break a run that is under way.
 * @throws ApplicationFailure InvalidInput, not retried, that names each invalid field.
 */
export function acceptedInput<T>(shape: Shape<T>, params: T): T {
  const { value, issues } = checkShape(shape, params);
  const isValid = issues.length === 0;
  const { unsafe, runId, firstExecutionRunId } = workflowInfo();
  const isNew = !unsafe.isReplaying && runId === firstExecutionRunId;
  // A replay repeats what was decided, whatever the rules are now: `patched` is true for a run that
  // recorded its refusal, and for no other.
  if ((unsafe.isReplaying || (isNew && !isValid)) && patched(REFUSED)) throw refusal(issues);
  return isValid ? value : params;
}
