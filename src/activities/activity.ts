/** What every activity shares: heartbeats, one log line per outcome, and failures Temporal understands. */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { FAILURE } from '#domain/contracts.ts';
import type { ProviderError } from '#providers/providerError.ts';
import { isProviderError } from '#providers/providerError.ts';
import { EventHeldError, EventNotProjectedError } from '#store/emitEvent.ts';
import type { Logger } from '#telemetry/logger.ts';

/** What an activity may use beside its input. */
export interface ActivityScope {
  signal: AbortSignal;
  /** Keeps `details` for the next attempt, should this one fail. */
  remember: (details: unknown) => void;
  /** What an earlier attempt remembered. */
  remembered: unknown;
}

type Implementation<I, O> = (input: I, scope: ActivityScope) => Promise<O>;

const HEARTBEATS_PER_TIMEOUT = 3;
const DEFAULT_HEARTBEAT_TIMEOUT_MS = 10_000;

/** Heartbeats while `work` runs, so that a killed worker is noticed within the heartbeat timeout. */
async function alive<T>(context: Context, work: (scope: ActivityScope) => Promise<T>): Promise<T> {
  const remembered = context.info.heartbeatDetails;
  let details = remembered;
  const timeoutMs = context.info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT_MS;
  const timer = setInterval(() => context.heartbeat(details), timeoutMs / HEARTBEATS_PER_TIMEOUT);
  // What is over before the first beat is due needs none: each is a call, and a write in Temporal.
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

const TYPE_OF_KIND: Record<ProviderError['kind'], Record<ProviderError['provider'], string>> = {
  conflict: {
    dns: FAILURE.dnsConflict,
    email: FAILURE.emailRejected,
    accounts: FAILURE.accountRejected,
    sso: FAILURE.ssoProviderConflict,
  },
  rejected: {
    dns: FAILURE.dnsRejected,
    email: FAILURE.emailRejected,
    accounts: FAILURE.accountRejected,
    sso: FAILURE.ssoProviderRejected,
  },
  rate_limited: {
    dns: FAILURE.dnsUnavailable,
    email: FAILURE.emailUnavailable,
    accounts: FAILURE.accountUnavailable,
    sso: FAILURE.ssoProviderUnavailable,
  },
  unavailable: {
    dns: FAILURE.dnsUnavailable,
    email: FAILURE.emailUnavailable,
    accounts: FAILURE.accountUnavailable,
    sso: FAILURE.ssoProviderUnavailable,
  },
};

/** Typed failures for workflows to match on; anything else stays as it is and is retried. */
export function toFailure(error: unknown): unknown {
  if (isProviderError(error)) {
    return ApplicationFailure.create({
      message: error.message,
      type: TYPE_OF_KIND[error.kind][error.provider],
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
  return error;
}

/** Wraps an implementation for registration with the worker. */
export const activity =
  <I extends { orgId: string }, O>(logger: Logger, implementation: Implementation<I, O>) =>
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
      const type = failure instanceof ApplicationFailure ? failure.type : (error as Error).name;
      logger[cancelled ? 'info' : 'warn'](
        line({ error: type }),
        cancelled ? 'activity cancelled' : 'activity failed',
      );
      throw failure;
    }
  };
