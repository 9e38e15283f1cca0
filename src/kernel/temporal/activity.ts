/** The common wrapper of activities: heartbeats, one log line per outcome, and typed failures. */
import {
  ApplicationFailure,
  CancelledFailure,
  CompleteAsyncError,
  Context,
} from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';
import {
  EventHeldError,
  EventNotProjectedError,
  EventRefusedError,
} from '#kernel/eventStore/emitEvent.ts';
import { isTransient, sqlStateOf } from '#kernel/eventStore/storeError.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';

/** What an activity may use in addition to its input. */
export interface ActivityScope {
  signal: AbortSignal;
  /** Stores `details` for the next attempt, in case this one fails. */
  remember: (details: unknown) => void;
  /** The details that an earlier attempt stored. */
  remembered: unknown;
}

type Implementation<I, O> = (input: I, scope: ActivityScope) => Promise<O>;

/** The implementations of a contract's activities; a missing one is a type error. */
export type Implementations<Contract> = {
  [Name in keyof Contract]: Contract[Name] extends (input: infer I) => Promise<infer O>
    ? Implementation<I, O>
    : never;
};

/** Activities of any contract, by their registered names. */
export type ActivityImplementations = Record<string, Implementation<never, unknown>>;

const HEARTBEATS_PER_TIMEOUT = 3;
const DEFAULT_HEARTBEAT_TIMEOUT_MS = 10_000;

/** Sends heartbeats while `work` runs: a lost worker is noticed within the heartbeat timeout. */
async function alive<T>(context: Context, work: (scope: ActivityScope) => Promise<T>): Promise<T> {
  const remembered = context.info.heartbeatDetails;
  let details = remembered;
  const timeoutMs = context.info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT_MS;
  const timer = setInterval(() => context.heartbeat(details), timeoutMs / HEARTBEATS_PER_TIMEOUT);
  // No heartbeat at the start, except to pass on details: each one is a write in Temporal.
  if (remembered !== undefined) context.heartbeat(remembered);
  const remember = (next: unknown) => {
    details = next;
    context.heartbeat(details);
  };
  try {
    return await work({ signal: context.cancellationSignal, remember, remembered });
  } finally {
    clearInterval(timer);
  }
}

/** Errors that the SDK must receive unchanged: its own failures, and cancellations. */
const isOfTheSdk = (error: unknown): boolean =>
  error instanceof TemporalFailure ||
  error instanceof CompleteAsyncError ||
  (error as { name?: unknown } | null)?.name === 'AbortError';

/**
 * True for an error that every attempt repeats: a mistake in our code, or a value that PostgreSQL
 * refuses (SQLSTATE classes 22 and 23, such as a malformed UUID). Node reports a failed connection
 * of fetch as a TypeError with a cause; that one may succeed later.
 */
function isPermanent(error: unknown, sqlState: string | undefined): boolean {
  if (sqlState) return /^2[23]/.test(sqlState);
  if (error instanceof TypeError) return error.cause === undefined;
  return error instanceof RangeError || error instanceof ReferenceError;
}

/**
 * A fixed message for an unexpected error. The message of a failure appears in events, responses
 * and mails, and drivers include addresses, ports and values in theirs. It is retried unless every
 * attempt would repeat it.
 */
function unforeseen(error: unknown): ApplicationFailure {
  if (isTransient(error)) {
    return ApplicationFailure.retryable('the database does not answer', FAILURE.storeUnavailable);
  }
  const sqlState = sqlStateOf(error);
  const what = sqlState && /\d/.test(sqlState) ? `SQLSTATE ${sqlState}` : errorDetails(error).error;
  const failure = isPermanent(error, sqlState) ? 'nonRetryable' : 'retryable';
  return ApplicationFailure[failure](`internal error (${what})`, FAILURE.internal);
}

/** Converts an error to a typed failure, which workflows match on, with a message for readers. */
export function toFailure(error: unknown): unknown {
  if (isOfTheSdk(error)) return error;
  if (isProviderError(error)) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.type,
      nonRetryable: !error.retryable,
      ...(error.retryAfterMs !== undefined && { nextRetryDelay: error.retryAfterMs }),
    });
  }
  if (error instanceof EventNotProjectedError || error instanceof EventHeldError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error instanceof EventHeldError ? FAILURE.eventHeld : FAILURE.eventNotProjected,
      nonRetryable: !error.retryable,
    });
  }
  if (error instanceof EventRefusedError) {
    return ApplicationFailure.nonRetryable(error.message, error.type);
  }
  return unforeseen(error);
}

/** Log fields of a failure; for an unexpected error also its kind and place. */
function logged(error: unknown, failure: unknown): object {
  if (!(failure instanceof ApplicationFailure)) return { error: errorDetails(error).error };
  const { type } = failure;
  const isUnforeseen = type === FAILURE.storeUnavailable || type === FAILURE.internal;
  return isUnforeseen ? { ...errorDetails(error), type } : { error: type };
}

/** Wraps an implementation for registration with the worker. */
export const activity =
  <I, O>(logger: Logger, implementation: Implementation<I, O>) =>
  async (input: I): Promise<O> => {
    const context = Context.current();
    const { activityType, attempt, workflowExecution } = context.info;
    const started = performance.now();
    const line = (extra: object) => ({
      activity: activityType,
      attempt,
      workflow_id: workflowExecution?.workflowId,
      run_id: workflowExecution?.runId,
      duration_ms: Math.round(performance.now() - started),
      ...extra,
    });
    try {
      const result = await alive(context, (scope) => implementation(input, scope));
      logger.info(line({}), 'activity completed');
      return result;
    } catch (error) {
      const failure = toFailure(error);
      const cancelled = failure instanceof CancelledFailure || context.cancellationSignal.aborted;
      logger[cancelled ? 'info' : 'warn'](
        line(logged(error, failure)),
        cancelled ? 'activity cancelled' : 'activity failed',
      );
      throw failure;
    }
  };
