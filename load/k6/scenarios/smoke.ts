/**
 * `smoke`: one virtual user calls every route, repeated for a minute. A route in GET /openapi.json
 * that is not called is a failed check.
 */
import { check, sleep } from 'k6';
import type { Options } from 'k6/options';
import { called, read } from '../api.ts';
import { METRIC } from '../contracts.ts';
import { settings } from '../settings.ts';
import { acceptAndRevoke, refuseReport } from '../smoke/invitations.ts';
import { cancelOne, deleteOne, onboardOne, readDocs, refuseCanary } from '../smoke/onboarding.ts';
import { configureSignOn, verifyDomain } from '../smoke/singleSignOn.ts';
import { summaryTrendStats } from '../summary.ts';

export { handleSummary } from '../summary.ts';

/** Links and tests are limited per address to 30 calls a minute; each round makes five. */
const ROUND_SECONDS = 15;
const LAST_ROUND = '5m';

export const options: Options = {
  scenarios: {
    smoke: {
      executor: 'constant-vus',
      vus: 1,
      duration: `${settings.durationSeconds}s`,
      gracefulStop: LAST_ROUND,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    [METRIC.timeToWorkflowStart]: [`p(99)<${settings.thresholds.startMs}`],
    ...(settings.thresholds.activeMs && {
      [METRIC.timeToActive]: [`p(99)<${settings.thresholds.activeMs}`],
    }),
  },
  summaryTrendStats,
};

/** Operations of the OpenAPI document, as `METHOD route`. */
function documentedRoutes(): string[] {
  const { paths = {} } = read<{ paths?: Record<string, object> }>('/openapi.json', {});
  return Object.entries(paths).flatMap(([route, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${route}`),
  );
}

function checkCoverage(): void {
  const documented = documentedRoutes();
  const missed = documented.filter((route) => !called().has(route));
  check(null, {
    'every route of openapi.json has been called': () =>
      documented.length > 0 && missed.length === 0,
  });
  for (const route of missed) console.warn(`never called: ${route}`);
}

export default function smoke(): void {
  const startedAt = Date.now();
  readDocs();
  const run = onboardOne();
  cancelOne();
  refuseCanary();
  refuseReport();
  if (run) {
    acceptAndRevoke(run);
    verifyDomain(run);
    configureSignOn(run);
    deleteOne(run);
  }
  checkCoverage();
  sleep(Math.max(0, ROUND_SECONDS - (Date.now() - startedAt) / 1000));
}
