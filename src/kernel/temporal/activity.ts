/** The common wrapper of activities: heartbeats, one log line per outcome, and typed failures. */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Decision, Memory } from '#kernel/patience/decision.ts';
import { judge } from '#kernel/patience/failure.ts';
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

/** The details of heartbeats: what this wrapper remembers, and what the activity does. */
interface Details {
  patience?: Memory;
  remembered?: unknown;
}

/** Attempts from before patience was remembered have only what the activity remembers. */
const isDetails = (found: unknown): found is Details =>
  typeof found === 'object' && found !== null && ('patience' in found || 'remembered' in found);

/** Passes details from attempt to attempt; they survive a failure, and the worker's death. */
function attemptDetails(context: Context) {
  const found: unknown = context.info.heartbeatDetails;
  const before: Details = isDetails(found) ? found : { remembered: found };
  let details = before;
  const keep = (next: Details) => {
    details = { ...details, ...next };
    context.heartbeat(details);
  };
  return { before, keep, beat: () => context.heartbeat(details), isEmpty: found === undefined };
}

/** Sends heartbeats while `work` runs: a lost worker is noticed within the heartbeat timeout. */
async function alive<T>(
  context: Context,
  { before, keep, beat, isEmpty }: ReturnType<typeof attemptDetails>,
  work: (scope: ActivityScope) => Promise<T>,
): Promise<T> {
  const timeoutMs = context.info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT_MS;
  const timer = setInterval(beat, timeoutMs / HEARTBEATS_PER_TIMEOUT);
  // No heartbeat at the start, except to pass on details: each one is a write in Temporal.
  if (!isEmpty) beat();
  const remember = (remembered: unknown) => keep({ remembered });
  const { remembered } = before;
  try {
    return await work({ signal: context.cancellationSignal, remember, remembered });
  } finally {
    clearInterval(timer);
  }
}

/** Log fields of a failure; for an unexpected error also its kind and place. */
function logged(error: unknown, failure: unknown): object {
  if (!(failure instanceof ApplicationFailure)) return { error: errorDetails(error).error };
  const { type } = failure;
  const isUnforeseen = type === FAILURE.storeUnavailable || type === FAILURE.internal;
  return isUnforeseen ? { ...errorDetails(error), type } : { error: type };
}

const told = ({ cancelled, waits }: { cancelled: boolean; waits: boolean }): string => {
  if (cancelled) return 'cancelled';
  return waits ? 'waits' : 'failed';
};

/** Called for each attempt that was waited out. */
export type WaitObserver = (waited: Decision['memory']) => void;

/** Wraps an implementation for registration with the worker. */
export const activity =
  <I, O>(logger: Logger, implementation: Implementation<I, O>, onWait: WaitObserver = () => {}) =>
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
    const details = attemptDetails(context);
    try {
      const result = await alive(context, details, (scope) => implementation(input, scope));
      logger.info(line({}), 'activity completed');
      return result;
    } catch (error) {
      const { failure, decision } = judge(error, context.info, details.before.patience);
      const cancelled = failure instanceof CancelledFailure || context.cancellationSignal.aborted;
      const waits = !cancelled && decision?.waits === true && decision.again;
      if (decision && !cancelled) details.keep({ patience: decision.memory });
      if (waits) onWait(decision.memory);
      const fields = { ...logged(error, failure), ...(waits && { pause_ms: decision.pauseMs }) };
      logger[cancelled ? 'info' : 'warn'](line(fields), `activity ${told({ cancelled, waits })}`);
      throw failure;
    }
  };
