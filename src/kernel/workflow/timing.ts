/** Default times of all families, for settings and workflows. */

export interface RetryTiming {
  /** First pause before a call to a provider is retried; doubled each time. */
  retryInitialMs: number;
  /** An activity without a heartbeat for this time counts as lost with its worker. */
  heartbeatTimeoutMs: number;
}

const MINUTE_MS = 60_000;

/** No activity waits longer, whatever it waits for. */
export const LONGEST_WAIT_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_RETRY_TIMING: RetryTiming = {
  retryInitialMs: 10_000,
  heartbeatTimeoutMs: 10_000,
};

/** How long a compensation that fails is retried before a person must do it. */
export const DEFAULT_COMPENSATION_LIMIT_MS = 60 * MINUTE_MS;
