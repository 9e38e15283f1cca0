/** Default times of all families, for settings and workflows. */
import type { RetryTiming } from './policies.ts';

const MINUTE_MS = 60_000;

export const DEFAULT_RETRY_TIMING: RetryTiming = {
  retryInitialMs: 10_000,
  heartbeatTimeoutMs: 10_000,
};

/** How long one compensation is retried before a person must do it. */
export const DEFAULT_COMPENSATION_LIMIT_MS = 60 * MINUTE_MS;
