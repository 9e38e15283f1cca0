/** Activity proxies of a run, by how they may be retried. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
} from '@temporalio/workflow';
import type { BootstrapActivities, BootstrapTiming } from './contract.ts';

const MINUTE_MS = 60_000;

/** The limit that the source document sets (docs/seed.md). */
const DNS_ATTEMPTS = 3;
const EMAIL_ATTEMPTS = 5;

export interface Proxies {
  /** Acts on the event store alone: patient, because an outage there ends. */
  store: BootstrapActivities;
  dns: BootstrapActivities;
  email: BootstrapActivities;
  compensation: BootstrapActivities;
}

/**
 * Cancellation waits for the activity under way: going on at once would compensate beside a
 * call that is still creating what the compensation is to remove.
 */
export function proxies(timing: BootstrapTiming): Proxies {
  const common = {
    startToCloseTimeout: MINUTE_MS,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
  const provider = (maximumAttempts: number): ActivityOptions => ({
    ...common,
    retry: {
      initialInterval: timing.retryInitialMs,
      backoffCoefficient: 2,
      maximumAttempts,
    },
  });
  const patient = (limitMs: number, initialInterval: number): ActivityOptions => ({
    ...common,
    scheduleToCloseTimeout: limitMs,
    retry: { initialInterval, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
  });
  return {
    store: proxyActivities<BootstrapActivities>(patient(60 * MINUTE_MS, 1000)),
    dns: proxyActivities<BootstrapActivities>(provider(DNS_ATTEMPTS)),
    email: proxyActivities<BootstrapActivities>(provider(EMAIL_ATTEMPTS)),
    compensation: proxyActivities<BootstrapActivities>(
      patient(timing.compensationLimitMs, timing.retryInitialMs),
    ),
  };
}
