/** Activity proxies of the workflows on single sign-on and domains, by how they may be retried. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
} from '@temporalio/workflow';
import type { SsoActivities, SsoTiming } from './contract.ts';

const MINUTE_MS = 60_000;
const PROVIDER_ATTEMPTS = 5;
const MAIL_ATTEMPTS = 5;

export interface SsoProxies {
  /** Acts on the event store alone: patient, because an outage there ends. */
  store: SsoActivities;
  provider: SsoActivities;
  mail: SsoActivities;
  /** What has to succeed: compensations, and the activation once it has begun. */
  patient: SsoActivities;
}

export function ssoProxies(
  timing: Pick<SsoTiming, 'retryInitialMs' | 'heartbeatTimeoutMs' | 'compensationLimitMs'>,
): SsoProxies {
  const common = {
    startToCloseTimeout: MINUTE_MS,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } satisfies ActivityOptions;
  const attempts = (maximumAttempts: number): ActivityOptions => ({
    ...common,
    retry: { initialInterval: timing.retryInitialMs, backoffCoefficient: 2, maximumAttempts },
  });
  const patient = (limitMs: number, initialInterval: number): ActivityOptions => ({
    ...common,
    scheduleToCloseTimeout: limitMs,
    retry: { initialInterval, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
  });
  return {
    store: proxyActivities<SsoActivities>(patient(60 * MINUTE_MS, 1000)),
    provider: proxyActivities<SsoActivities>(attempts(PROVIDER_ATTEMPTS)),
    mail: proxyActivities<SsoActivities>(attempts(MAIL_ATTEMPTS)),
    patient: proxyActivities<SsoActivities>(
      patient(timing.compensationLimitMs, timing.retryInitialMs),
    ),
  };
}
