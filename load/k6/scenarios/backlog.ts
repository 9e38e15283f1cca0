/**
 * `backlog`: bootstraps accepted while no worker runs; the runner starts the workers afterwards.
 */
import { sleep } from 'k6';
import type { Options } from 'k6/options';
import { commonThresholds } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import { settings } from '../settings.ts';
import { summaryTrendStats } from '../summary.ts';

export { handleSummary } from '../summary.ts';

const CALLERS = Math.min(10, settings.count);
/** Rate of each caller. */
const PAUSE_SECONDS = CALLERS / settings.rate;

export const options: Options = {
  scenarios: {
    backlog: {
      executor: 'shared-iterations',
      vus: CALLERS,
      iterations: settings.count,
      maxDuration: '1h',
    },
  },
  thresholds: commonThresholds,
  summaryTrendStats,
};

export default function queue(): void {
  const startedAt = Date.now();
  bootstrap();
  sleep(Math.max(0, PAUSE_SECONDS - (Date.now() - startedAt) / 1000));
}
