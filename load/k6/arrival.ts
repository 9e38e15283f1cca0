/** Requests that arrive at a rate, however long those before them take. */
import type { Options, Scenario } from 'k6/options';
import { METRIC, ofPart, SHOWN } from './contracts.ts';
import { settings } from './settings.ts';
import { summaryTrendStats } from './summary.ts';

/** k6 takes whole numbers only: so many a minute. */
const MINUTE = 60;

/** A request that finds no virtual user is left out, even while k6 makes another: so they are there. */
const SPARE_VUS = 10;
const WAIT_SECONDS = 5;

/** @param rate a second. @param exec the function of the script, `default` when left out. */
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

/** What every scenario has to keep: no wrong answer, nothing left out, and runs that start in time. */
export const commonThresholds = {
  checks: ['rate==1'],
  http_req_failed: ['rate==0'],
  dropped_iterations: ['count==0'],
  [METRIC.timeToWorkflowStart]: [`p(99)<${settings.thresholds.startMs}`],
};

/** @param parts names of k6's scenarios whose figures are to be told one by one. */
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
