/** Requests that arrive at a constant rate, independent of the duration of earlier ones. */
import type { Options, Scenario } from 'k6/options';
import { METRIC, ofPart, SHOWN } from './contracts.ts';
import { settings } from './settings.ts';
import { summaryTrendStats } from './summary.ts';

/** k6 accepts integers only, so the rate is per minute. */
const MINUTE = 60;

/** k6 drops a request without a free virtual user while it creates one, so all are preallocated. */
const SPARE_VUS = 10;
const WAIT_SECONDS = 5;

/** @param rate per second. @param exec function of the script; `default` when left out. */
export const arriving = (
  rate: number,
  durationSeconds: number,
  { startSeconds = 0, exec }: { startSeconds?: number; exec?: string } = {},
): Scenario => ({
  executor: 'constant-arrival-rate',
  rate: Math.max(1, Math.round(rate * MINUTE)),
  timeUnit: '1m',
  duration: `${durationSeconds}s`,
  startTime: `${startSeconds}s`,
  preAllocatedVUs: Math.min(settings.maxVus, SPARE_VUS + Math.ceil(rate * WAIT_SECONDS)),
  maxVUs: settings.maxVus,
  gracefulStop: '30s',
  ...(exec && { exec }),
});

/** Thresholds of all scenarios: no unexpected response, no dropped request, runs start in time. */
export const commonThresholds = {
  checks: ['rate==1'],
  http_req_failed: ['rate==0'],
  dropped_iterations: ['count==0'],
  [METRIC.timeToWorkflowStart]: [`p(99)<${settings.thresholds.startMs}`],
};

/** @param parts names of k6's scenarios whose figures are reported separately. */
export const optionsOf = (
  scenarios: Record<string, Scenario>,
  parts: { metric: string; names: string[] } = { metric: '', names: [] },
): Options => ({
  scenarios,
  thresholds: {
    ...commonThresholds,
    ...Object.fromEntries(parts.names.map((name) => [ofPart(parts.metric, name), [SHOWN]])),
  },
  summaryTrendStats,
});
