/** How activities are retried: one definition of each policy, for every workflow. */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const STORE_LIMIT_MS = 60 * MINUTE_MS;

/** Attempts at a mail server. */
export const MAIL_ATTEMPTS = 5;

export interface RetryTiming {
  /** First pause before a call to a provider is tried again; doubled each time. */
  retryInitialMs: number;
  /** An activity that has not reported for so long is taken as lost with its worker. */
  heartbeatTimeoutMs: number;
}

export interface Policies {
  /** Acts on the event store alone: retried for an hour, because an outage there ends. */
  store: ActivityOptions;
  /** Acts on the event store alone, and is retried until the run ends. */
  unlimited: ActivityOptions;
  /** Calls a provider, which may refuse: given up after so many attempts. */
  provider(maximumAttempts: number): ActivityOptions;
  /** Must succeed: retried for `limitMs`, as compensations are. */
  patient(limitMs: number): ActivityOptions;
  /** Somebody waits for the answer: a few quick attempts, then the failure is told. */
  quick: ActivityOptions;
}

/**
 * Cancellation waits for the activity under way: going on at once would compensate beside a
 * call that is still creating what the compensation is to remove.
 */
export function retryPolicies({ retryInitialMs, heartbeatTimeoutMs }: RetryTiming): Policies {
  const common = {
    startToCloseTimeout: MINUTE_MS,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
  const patient = (limitMs: number, initialInterval: number): ActivityOptions => ({
    ...common,
    scheduleToCloseTimeout: limitMs,
    retry: { initialInterval, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
  });
  return {
    store: patient(STORE_LIMIT_MS, SECOND_MS),
    unlimited: {
      ...common,
      retry: { initialInterval: SECOND_MS, maximumInterval: MINUTE_MS },
    },
    provider: (maximumAttempts) => ({
      ...common,
      retry: { initialInterval: retryInitialMs, backoffCoefficient: 2, maximumAttempts },
    }),
    patient: (limitMs) => patient(limitMs, retryInitialMs),
    quick: {
      ...common,
      retry: { initialInterval: Math.min(retryInitialMs, SECOND_MS / 2), maximumAttempts: 3 },
    },
  };
}
