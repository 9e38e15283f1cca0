/**
 * The retry policies of activities, for every workflow. They say who waits and for how long at the
 * most; which errors are waited out, and with which pauses, is in `src/kernel/patience/table.ts`.
 */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { REFUSALS } from './failureTypes.ts';
import { LONGEST_WAIT_MS, type RetryTiming } from './timing.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * The wait for a connection, and then a server that takes all the time that SMTP_DATA_TIMEOUT_SECONDS
 * and its like grant. If Temporal gave up before, it would repeat a mail that may still be accepted;
 * a lost worker is noticed by its heartbeats.
 */
const LONGEST_MAIL_MS = 2 * HOUR_MS;

/**
 * Temporal refuses a policy without a pause, which fails the workflow task for ever. Inputs of runs
 * from before the setting had a lower limit may ask for one.
 */
const SHORTEST_PAUSE_MS = 10;

export interface Policies {
  /** Waits out what the table of patience says; refusals and repeated failures end it. */
  waiting: ActivityOptions;
  /** As `waiting`; an attempt may take as long as a slow mail server. */
  mail: ActivityOptions;
  /** As `waiting`, until the run ends. */
  unlimited: ActivityOptions;
  /** For what must succeed, such as compensations: as `waiting`, and failures are retried for `limitMs`. */
  patient(limitMs: number): ActivityOptions;
  /** For activities whose result somebody waits for: a few quick attempts. */
  quick: ActivityOptions;
  /** For activities of runs from before waiting was a policy: this many attempts at the most. */
  attempts(maximumAttempts: number): ActivityOptions;
}

/**
 * On cancellation the run waits for the current activity. Otherwise it would compensate while the
 * call still creates what the compensation must remove.
 */
export function retryPolicies({ heartbeatTimeoutMs, ...timing }: RetryTiming): Policies {
  const retryInitialMs = Math.max(SHORTEST_PAUSE_MS, timing.retryInitialMs);
  const common = {
    startToCloseTimeout: MINUTE_MS,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
  const retry = {
    initialInterval: retryInitialMs,
    backoffCoefficient: 2,
    maximumInterval: Math.max(MINUTE_MS, retryInitialMs),
  };
  const unlimited = { ...common, retry: { ...retry, nonRetryableErrorTypes: [REFUSALS] } };
  return {
    waiting: { ...unlimited, scheduleToCloseTimeout: LONGEST_WAIT_MS },
    mail: {
      ...unlimited,
      startToCloseTimeout: LONGEST_MAIL_MS,
      scheduleToCloseTimeout: LONGEST_WAIT_MS,
    },
    unlimited,
    // The activity reads `limitMs` from what goes beyond the longest wait.
    patient: (limitMs) => ({
      ...common,
      scheduleToCloseTimeout: LONGEST_WAIT_MS + limitMs,
      retry,
    }),
    quick: {
      ...common,
      retry: { initialInterval: Math.min(retryInitialMs, SECOND_MS / 2), maximumAttempts: 3 },
    },
    attempts: (maximumAttempts) => ({ ...common, retry: { ...retry, maximumAttempts } }),
  };
}
