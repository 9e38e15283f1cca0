/** How long a bootstrap waits, and for what. */
import { DEFAULT_COMPENSATION_LIMIT_MS, DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';

/** How long a bootstrap waits, in milliseconds. Part of the input, so that replay sees the same. */
export interface BootstrapTiming {
  /** Durable timer before the first DNS lookup; 5 minutes by default, at most 30. */
  propagationWaitMs: number;
  /** How long lookups go on, counted from the end of the timer, before a person is asked. */
  verificationLimitMs: number;
  /** Pauses between lookups; the last one repeats. */
  verificationBackoffMs: number[];
  /** How long a run waits for a person's signal; 24 hours by default. */
  personWaitMs: number;
  /** First pause before a call to a provider is tried again; doubled each time. */
  retryInitialMs: number;
  /** An activity that has not reported for so long is taken as lost with its worker. */
  heartbeatTimeoutMs: number;
  /** How long one compensation is retried before it is left to a person. */
  compensationLimitMs: number;
}

const MINUTE_MS = 60_000;

export const MAX_PROPAGATION_WAIT_MS = 30 * MINUTE_MS;

export const DEFAULT_TIMING: BootstrapTiming = {
  propagationWaitMs: 5 * MINUTE_MS,
  verificationLimitMs: 30 * MINUTE_MS,
  verificationBackoffMs: [10_000, 20_000, 40_000, 80_000, 160_000, 300_000],
  personWaitMs: 24 * 60 * MINUTE_MS,
  ...DEFAULT_RETRY_TIMING,
  compensationLimitMs: DEFAULT_COMPENSATION_LIMIT_MS,
};
