/** Turns the error of an attempt into the failure that tells Temporal what to do next. */
import { ApplicationFailure, CompleteAsyncError } from '@temporalio/activity';
import { type RetryPolicy, TemporalFailure } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { EventRefusedError } from '#kernel/eventStore/emitEvent.ts';
import { REFUSALS } from '#kernel/workflow/failureTypes.ts';
import { DEFAULT_RETRY_TIMING, LONGEST_WAIT_MS } from '#kernel/workflow/timing.ts';
import { type Classified, classify } from './classify.ts';
import { type Decision, decide, type Memory, rowOf } from './decision.ts';
import type { Waited, WaitedKind } from './table.ts';

/** The details of a failure that is waited out: Temporal shows them with the pending activity. */
export interface WaitDetails {
  provider: Waited;
  reason: WaitedKind;
  /** ISO 8601. */
  since: string;
  /** ISO 8601; null when nothing but the run's end limits it. */
  until: string | null;
}

export interface Judged {
  /** What to throw. */
  failure: unknown;
  /** None for errors of the SDK, which it must receive unchanged, and for refusals on purpose. */
  decision?: Decision;
}

const HOUR_MS = 60 * 60_000;
/** Who waits for an answer is not made to wait longer for the next attempt. */
const QUICK_PAUSE_MS = 2_000;

const detailsOf = ({ memory, untilMs }: Decision): WaitDetails => ({
  provider: memory.provider,
  reason: memory.reason,
  since: new Date(memory.sinceMs).toISOString(),
  until: untilMs === undefined ? null : new Date(untilMs).toISOString(),
});

function givenUp({ message, attempt }: Classified, { waits }: Decision): string {
  const row = rowOf(attempt);
  if (!waits || row.does !== 'wait') return message;
  return `${message}, and that for ${row.limitMs / HOUR_MS} hours`;
}

/** Few attempts at short pauses, which Temporal counts: somebody waits for the answer. */
function quickFailure({ type, message, attempt }: Classified): ApplicationFailure {
  const isFinal = rowOf(attempt).does === 'end' || (attempt.retryAfterMs ?? 0) > QUICK_PAUSE_MS;
  return ApplicationFailure.create({ message, type, nonRetryable: isFinal });
}

/** Errors that the SDK must receive unchanged: its own failures, and cancellations. */
const isOfTheSdk = (error: unknown): boolean =>
  error instanceof TemporalFailure ||
  error instanceof CompleteAsyncError ||
  (error as { name?: unknown } | null)?.name === 'AbortError';

/** Of an activity, as Temporal has it. */
export interface Scheduled {
  retryPolicy?: RetryPolicy;
  /** All attempts together. */
  scheduleToCloseTimeoutMs?: number;
}

/** The inverse of `patient` in the policies. Older runs insist until Temporal ends the activity. */
function insistsMsOf({ retryPolicy, scheduleToCloseTimeoutMs: limitMs = 0 }: Scheduled): number {
  const { nonRetryableErrorTypes = [REFUSALS] } = retryPolicy ?? {};
  if (nonRetryableErrorTypes.includes(REFUSALS)) return 0;
  return limitMs > LONGEST_WAIT_MS ? limitMs - LONGEST_WAIT_MS : LONGEST_WAIT_MS;
}

/** @param former what the attempt before has remembered. */
export function judge(error: unknown, scheduled: Scheduled = {}, former?: Memory): Judged {
  if (isOfTheSdk(error)) return { failure: error };
  if (error instanceof EventRefusedError) {
    return { failure: ApplicationFailure.nonRetryable(error.message, error.type) };
  }
  const { maximumAttempts = 0, initialInterval } = scheduled.retryPolicy ?? {};
  const isQuick = maximumAttempts > 0;
  const first = msToNumber(initialInterval ?? DEFAULT_RETRY_TIMING.retryInitialMs);
  const classified = classify(error);
  const decision = decide(classified.attempt, former, {
    scale: first / DEFAULT_RETRY_TIMING.retryInitialMs,
    insistsMs: insistsMsOf(scheduled),
  });
  if (isQuick) return { decision, failure: quickFailure(classified) };
  const { type, message } = classified;
  const failure = decision.again
    ? ApplicationFailure.create({
        type,
        message,
        nextRetryDelay: decision.pauseMs,
        details: [detailsOf(decision)],
      })
    : ApplicationFailure.nonRetryable(givenUp(classified, decision), type);
  return { decision, failure };
}
