/**
 * Runs after the load and follows every accepted run to its end. A separate script, so that it does
 * not affect the load, and no virtual user of the load waits for long runs.
 */
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { type AcceptedRun, METRIC } from './contracts.ts';
import { follow, remove } from './follow.ts';
import { settings, tell } from './settings.ts';
import { summaryTrendStats } from './summary.ts';

export { handleSummary } from './summary.ts';

const FOLLOWERS = 8;
/** Time for a last poll of each run after the limit. */
const LAST_LOOK_SECONDS = 300;

const runs = new SharedArray<AcceptedRun>('accepted', () =>
  JSON.parse(open(settings.acceptedFile ?? '')),
);
const { activeMs } = settings.thresholds;

export const options: Options = {
  scenarios: {
    verify: {
      executor: 'shared-iterations',
      vus: Math.min(FOLLOWERS, runs.length),
      iterations: runs.length,
      maxDuration: `${settings.endLimitSeconds + LAST_LOOK_SECONDS}s`,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    ...(activeMs && { [METRIC.timeToActive]: [`p(99)<${activeMs}`] }),
  },
  summaryTrendStats,
};

/** Time limit of the last run in epoch milliseconds; the same for all followers. */
export const setup = (): number => Date.now() + settings.endLimitSeconds * 1000;

export default function verify(deadline: number): void {
  const run = runs[exec.scenario.iterationInTest];
  if (!run) return;
  const verified = follow(run, deadline);
  tell({ kind: 'verified', ...verified });
  if (settings.remove && verified.completedAt) remove(run);
}
