/** The retry policies of activities, for every workflow. */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const STORE_LIMIT_MS = 60 * MINUTE_MS;

/** Maximum number of attempts at sending a mail. */
export const MAIL_ATTEMPTS = 5;

export interface RetryTiming {
  /** First pause before a call to a provider is retried; doubled each time. */
  retryInitialMs: number;
  /** An activity without a heartbeat for this time counts as lost with its worker. */
  heartbeatTimeoutMs: number;
}

export interface Policies {
  /** For activities that use only the event store: retried for an hour, to outlast an outage. */
  store: ActivityOptions;
  /** For activities that use only the event store: retried until the run ends. */
  unlimited: ActivityOptions;
  /** For activities that call a provider: retried up to this number of attempts. */
  provider(maximumAttempts: number): ActivityOptions;
  /** For activities that must succeed, such as compensations: retried for `limitMs`. */
  patient(limitMs: number): ActivityOptions;
  /** For activities whose result somebody waits for: a few quick attempts. */
  quick: ActivityOptions;
}

/**
 * On cancellation the run waits for the current activity. Otherwise it would compensate while the
 * call still creates what the compensation must remove.
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
