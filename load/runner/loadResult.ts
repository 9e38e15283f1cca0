/** The result of a load test: k6's figures, and the checks of the runs. */
import {
  METRIC,
  ofPart,
  type ScenarioName,
  SHOWN,
  SHOWN_COUNT,
  stepName,
  type VerifiedRun,
} from '../k6/contracts.ts';
import type { Drain } from './drain.ts';
import type { K6Metric, K6Outcome, K6Summary } from './k6.ts';
import type { Knee, RampStep } from './knee.ts';
import type { ProcessReading } from './metricsReading.ts';

/** One line of the table; times in milliseconds. */
export interface Figure {
  name: string;
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Threshold {
  /** The load itself, or the check of the runs' ends. */
  of: 'load' | 'ends';
  metric: string;
  expression: string;
  /** `found`: the threshold at which a ramp ended. */
  outcome: 'passed' | 'failed' | 'found';
}

export interface CheckCount {
  name: string;
  passes: number;
  fails: number;
}

export interface LoadResult {
  scenario: ScenarioName;
  /** `the embedded stack`, or an address. */
  target: string;
  runId: string;
  startedAt: string;
  endedAt: string;
  passed: boolean;
  /** Why the run has not passed. */
  problems: string[];
  /** Of the load only, without the checks afterwards. */
  requests: { count: number; perSecond: number; failedShare: number; dropped: number };
  figures: Figure[];
  thresholds: Threshold[];
  checks: CheckCount[];
  runs: { accepted: number; completed: number; withFaults: number };
  /** Messages of scripts and k6, with their counts. */
  messages: { message: string; times: number }[];
  knee?: Knee & { steps: RampStep[] };
  drain?: Drain;
  memory: { before: ProcessReading[]; after: ProcessReading[] };
  dashboards: { title: string; url: string }[];
  prometheusUrl?: string;
  /** Files with the same result. */
  files: string[];
}

const MAX_FAULTS = 5;

/** Trends of the report and their names; those of k6's parts also have the part. */
const TOLD: [metric: string, name: string][] = [
  ['http_req_duration', 'requests'],
  [METRIC.timeToWorkflowStart, METRIC.timeToWorkflowStart],
  [METRIC.timeToFirstEvent, METRIC.timeToFirstEvent],
  [METRIC.timeToActive, METRIC.timeToActive],
];

const figure = (name: string, { values }: K6Metric): Figure => ({
  name,
  count: values.count ?? 0,
  p50: values['p(50)'] ?? 0,
  p95: values['p(95)'] ?? 0,
  p99: values['p(99)'] ?? 0,
  max: values.max ?? 0,
});

function figuresOf(load: K6Summary, verify: K6Summary | undefined, parts: string[]): Figure[] {
  const figures = TOLD.flatMap(([metric, name]) => {
    // Requests of the checks are not part of the load; ends are measured in the checks, if there
    // are any.
    const isEnd = metric === METRIC.timeToFirstEvent || metric === METRIC.timeToActive;
    const source = (isEnd && verify?.metrics[metric]) || load.metrics[metric];
    return [
      ...(source ? [figure(name, source)] : []),
      ...parts.flatMap((part) => {
        const ofIt = load.metrics[ofPart(metric, part)];
        return ofIt ? [figure(`  ${part}`, ofIt)] : [];
      }),
    ];
  });
  return figures.filter(({ count }) => count > 0);
}

/** A ramp searches the rate at which it breaks: this threshold is a finding, not a failure. */
function outcomeOf(metric: string, ok: boolean): Threshold['outcome'] {
  if (ok) return 'passed';
  return metric === METRIC.timeInFlight ? 'found' : 'failed';
}

/** Without thresholds that only make k6 keep a figure. */
const thresholdsOf = (of: Threshold['of'], summary: K6Summary | undefined): Threshold[] =>
  Object.entries(summary?.metrics ?? {})
    .toSorted(([a], [b]) => a.localeCompare(b))
    .flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds)
        .filter(([expression]) => expression !== SHOWN && expression !== SHOWN_COUNT)
        .map(([expression, { ok }]) => ({
          of,
          metric,
          expression,
          outcome: outcomeOf(metric, ok),
        })),
    );

function checksOf(summaries: K6Summary[]): CheckCount[] {
  const counts = new Map<string, CheckCount>();
  for (const { root_group } of summaries) {
    for (const { name, passes, fails } of root_group.checks) {
      const before = counts.get(name) ?? { name, passes: 0, fails: 0 };
      counts.set(name, { name, passes: before.passes + passes, fails: before.fails + fails });
    }
  }
  return [...counts.values()];
}

function messagesOf(outcomes: K6Outcome[]): LoadResult['messages'] {
  const counts = new Map<string, number>();
  for (const { messages } of outcomes) {
    for (const [message, times] of messages)
      counts.set(message, (counts.get(message) ?? 0) + times);
  }
  return [...counts].map(([message, times]) => ({ message, times }));
}

/** The steps of a ramp, from k6's figures of each. */
export const rampSteps = ({ metrics }: K6Summary, rates: number[]): RampStep[] =>
  rates.map((rate) => {
    const started = metrics[ofPart(METRIC.timeToWorkflowStart, stepName(rate))]?.values ?? {};
    const inFlight = metrics[ofPart(METRIC.timeInFlight, stepName(rate))]?.values ?? {};
    return {
      rate,
      accepted: started.count ?? 0,
      dropped: metrics[ofPart('dropped_iterations', stepName(rate))]?.values.count ?? 0,
      startP95Ms: started['p(95)'] ?? 0,
      inFlightMs: (inFlight.count ?? 0) > 0 ? inFlight.max : undefined,
    };
  });

export interface Findings
  extends Pick<
    LoadResult,
    | 'scenario'
    | 'target'
    | 'runId'
    | 'dashboards'
    | 'knee'
    | 'drain'
    | 'memory'
    | 'prometheusUrl'
    | 'files'
  > {
  startedAt: Date;
  endedAt: Date;
  load: K6Outcome;
  verify: K6Outcome | undefined;
  accepted: number;
  verified: VerifiedRun[];
  /** k6's scenarios whose figures are reported separately. */
  parts: string[];
  /** Results from other sources than k6. */
  problems: string[];
}

function faultsOf(verified: VerifiedRun[]): string[] {
  const faults = verified.flatMap(({ workflowId, faults }) =>
    faults.map((fault) => `${workflowId}: ${fault}`),
  );
  const more = faults.length - MAX_FAULTS;
  return [...faults.slice(0, MAX_FAULTS), ...(more > 0 ? [`… and ${more} more of this kind`] : [])];
}

/** All reasons why the run has not passed, the most important first. */
function problemsOf(
  { verified, accepted, problems }: Findings,
  thresholds: Threshold[],
  checks: CheckCount[],
): string[] {
  const lookedAt = `${verified.length} of ${accepted} accepted runs were looked at`;
  return [
    ...thresholds
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ of, metric, expression }) => `threshold ${metric} ${expression} of ${of} is crossed`),
    ...checks
      .filter(({ fails }) => fails > 0)
      .map(({ name, passes, fails }) => `${fails} of ${passes + fails} times not: ${name}`),
    ...faultsOf(verified),
    ...(verified.length === accepted ? [] : [lookedAt]),
    ...problems,
  ];
}

function requestsOf({ metrics, state }: K6Summary): LoadResult['requests'] {
  const count = metrics.http_reqs?.values.count ?? 0;
  return {
    count,
    perSecond: count / (state.testRunDurationMs / 1000),
    failedShare: metrics.http_req_failed?.values.rate ?? 0,
    dropped: metrics.dropped_iterations?.values.count ?? 0,
  };
}

export function resultOf(findings: Findings): LoadResult {
  const { load, verify, accepted, verified } = findings;
  const outcomes = verify ? [load, verify] : [load];
  const thresholds = [
    ...thresholdsOf('load', load.summary),
    ...thresholdsOf('ends', verify?.summary),
  ];
  const checks = checksOf(outcomes.map(({ summary }) => summary));
  const problems = problemsOf(findings, thresholds, checks);
  return {
    scenario: findings.scenario,
    target: findings.target,
    runId: findings.runId,
    startedAt: findings.startedAt.toISOString(),
    endedAt: findings.endedAt.toISOString(),
    passed: problems.length === 0,
    problems,
    requests: requestsOf(load.summary),
    runs: {
      accepted,
      completed: verified.filter(({ completedAt }) => completedAt).length,
      withFaults: verified.filter(({ faults }) => faults.length > 0).length,
    },
    figures: figuresOf(load.summary, verify?.summary, findings.parts),
    thresholds,
    checks,
    messages: messagesOf(outcomes),
    ...(findings.knee && { knee: findings.knee }),
    ...(findings.drain && { drain: findings.drain }),
    memory: findings.memory,
    dashboards: findings.dashboards,
    ...(findings.prometheusUrl && { prometheusUrl: findings.prometheusUrl }),
    files: findings.files,
  };
}
