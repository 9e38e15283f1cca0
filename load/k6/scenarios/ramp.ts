/**
 * `ramp`: bootstraps at rising rates. It ends when the queue grows: runs in flight divided by the
 * arrival rate is the duration of each (Little's law), which must stay constant. The runner
 * determines the knee from the figures of each step.
 */
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import type { Options, Scenario } from 'k6/options';
import { call } from '../api.ts';
import { arriving, optionsOf } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import { METRIC, ofPart, SHOWN, SHOWN_COUNT, stepName } from '../contracts.ts';
import { settings } from '../settings.ts';

export { handleSummary } from '../summary.ts';

const { steps, durationSeconds, thresholds } = settings;
const STEP_SECONDS = Math.max(1, Math.round(durationSeconds / steps.length));
const LOOK_SECONDS = 2;
const IN_FLIGHT =
  /^workflow_runs_in_flight\{workflow_type="OrganizationBootstrapWorkflow"\} (\S+)$/m;

const timeInFlight = new Trend(METRIC.timeInFlight, true);

const rising: Record<string, Scenario> = Object.fromEntries(
  steps.map((rate, index) => [
    stepName(rate),
    arriving(rate, STEP_SECONDS, { startSeconds: index * STEP_SECONDS }),
  ]),
);
const watching: Scenario = {
  executor: 'constant-vus',
  vus: 1,
  duration: `${steps.length * STEP_SECONDS}s`,
  exec: 'watch',
};
const common = optionsOf(
  { ...rising, watching },
  { metric: METRIC.timeToWorkflowStart, names: steps.map(stepName) },
);
const { dropped_iterations: _mayHappen, ...kept } = common.thresholds ?? {};

export const options: Options = {
  ...common,
  thresholds: {
    ...kept,
    // Beyond the knee requests are slow: their duration is checked for each step.
    [METRIC.timeToWorkflowStart]: [SHOWN],
    [METRIC.timeInFlight]: [{ threshold: `max<${thresholds.kneeRunMs}`, abortOnFail: true }],
    ...Object.fromEntries(
      steps.flatMap((rate) => [
        [ofPart(METRIC.timeInFlight, stepName(rate)), [SHOWN]],
        [ofPart('dropped_iterations', stepName(rate)), [SHOWN_COUNT]],
      ]),
    ),
  },
};

/** Reads the number of runs in flight, where the API shows its metrics. */
export function watch(): void {
  const answer = call({
    method: 'GET',
    route: '/metrics',
    isPublic: true,
    expect: settings.loopback ? [200] : [200, 401, 403, 404],
  });
  const [, runs] = IN_FLIGHT.exec(answer.body ?? '') ?? [];
  const step = Math.floor(exec.instance.currentTestRunDuration / 1000 / STEP_SECONDS);
  const rate = steps[Math.min(step, steps.length - 1)] ?? 1;
  if (runs) timeInFlight.add((Number(runs) / rate) * 1000, { scenario: stepName(rate) });
  sleep(LOOK_SECONDS);
}

export default bootstrap;
