/** One load test: the load, the drain of a backlog, the check of every run, and the result. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setInterval } from 'node:timers';
import {
  type AcceptedRun,
  type LoadRecord,
  type LoadSettings,
  SPIKE_PARTS,
  stepName,
  type VerifiedRun,
} from '../k6/contracts.ts';
import type { LoadArguments } from './arguments/arguments.ts';
import { type Drain, middleRate } from './drain.ts';
import { type K6Outcome, runK6 } from './k6.ts';
import { activeP95s, kneeOf, type RampStep } from './knee.ts';
import { type LoadResult, rampSteps, resultOf } from './loadResult.ts';
import { readBacklog, readProcesses } from './metricsReading.ts';
import { dashboardLinks } from './report/dashboardLinks.ts';
import type { Target } from './target/target.ts';

export interface LoadRun {
  args: LoadArguments;
  target: Target;
  k6: string;
  grafanaUrl: string | undefined;
  /** Path of a file of this run; its folder exists. */
  file: (name: string) => string;
  runId: string;
  /** Called with the progress. */
  log: (message: string) => void;
  signal: AbortSignal;
}

export const newRunId = (): string => randomBytes(3).toString('hex');

const PROGRESS_MS = 10_000;

/** Messages of the scripts so far. */
function createLedger(target: Target) {
  const accepted = new Map<string, AcceptedRun & { requestedAt: number }>();
  const verified: VerifiedRun[] = [];
  return {
    accepted,
    verified,
    hear(record: LoadRecord): void {
      const { kind, ...told } = record;
      if (kind === 'accepted')
        accepted.set((told as AcceptedRun).organizationId, {
          ...(told as AcceptedRun),
          requestedAt: Date.now() - (told as AcceptedRun).answeredInMs,
        });
      else if (record.kind === 'verified') verified.push(record);
      else if (record.kind === 'invited') {
        const run = accepted.get(record.organizationId);
        if (run) run.invited = [...(run.invited ?? []), record];
      } else target.serve(record);
    },
  };
}
type Ledger = ReturnType<typeof createLedger>;

const settingsOf = ({ args, target, runId, file }: LoadRun): LoadSettings => ({
  url: target.url,
  token: target.token,
  runId,
  email: args.email,
  rate: args.rate,
  durationSeconds: args.durationSeconds,
  maxVus: args.maxVus,
  count: args.count,
  steps: args.steps,
  spikeFactor: args.spikeFactor,
  weights: args.weights,
  thresholds: args.thresholds,
  summaryFile: file('summary.json'),
  endLimitSeconds: args.endLimitSeconds,
  pollSeconds: args.pollSeconds,
  remove: args.url !== undefined && !args.keep,
  ...(target.loopback && { loopback: target.loopback }),
});

/** Reports the progress at intervals while something runs. */
async function withProgress<T>(
  log: LoadRun['log'],
  line: () => string,
  work: Promise<T>,
): Promise<T> {
  const timer = setInterval(() => log(line()), PROGRESS_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function runScript(run: LoadRun, ledger: Ledger, script: string, more: Partial<LoadSettings> = {}) {
  return runK6({
    k6: run.k6,
    script,
    settings: { ...settingsOf(run), ...more },
    ...(script !== 'verify.ts' && { reportFile: run.file('k6.html') }),
    onRecord: ledger.hear,
    onSpawn: run.target.watch,
    signal: run.signal,
  });
}

/** Checks the end of each accepted run. */
async function verify(run: LoadRun, ledger: Ledger): Promise<K6Outcome | undefined> {
  const runs = [...ledger.accepted.values()];
  if (run.args.scenario === 'smoke' || runs.length === 0) return undefined;
  const acceptedFile = run.file('accepted.json');
  await writeFile(acceptedFile, JSON.stringify(runs));
  run.log(`looking at the end of ${runs.length} runs`);
  const line = () => `${ledger.verified.length} of ${runs.length} runs have been looked at`;
  const looking = runScript(run, ledger, 'verify.ts', { acceptedFile });
  return withProgress(run.log, line, looking).finally(() => rm(acceptedFile, { force: true }));
}

/** Scenario `backlog`: starts the workers, which complete the queued runs. */
async function startDraining({ target, log }: LoadRun) {
  const backlogAtStart = await readBacklog(target);
  const startedAt = Date.now();
  log('starting the workers');
  await target.startWorkers?.();
  return { backlogAtStart, startedAt, workersReadyMs: Date.now() - startedAt };
}

function drainOf(
  { startedAt, ...told }: Awaited<ReturnType<typeof startDraining>>,
  verified: VerifiedRun[],
): Drain {
  const completed = verified.flatMap(({ completedAt }) =>
    completedAt ? [Date.parse(completedAt)] : [],
  );
  return {
    ...told,
    runs: completed.length,
    emptyAfterMs: Math.max(startedAt, ...completed) - startedAt,
    perSecond: middleRate(completed),
  };
}

/** The parts of a scenario that are reported separately, in order. */
const partsOf = ({ scenario, steps, weights }: LoadArguments): string[] => {
  if (scenario === 'ramp') return steps.map(stepName);
  if (scenario === 'spike') return [...SPIKE_PARTS];
  return scenario === 'mixed' ? Object.keys(weights) : [];
};

/** k6 writes no report of a run of a few seconds. */
const filesOf = ({ file }: LoadRun): string[] => [
  file('json'),
  file('html'),
  ...(existsSync(file('k6.html')) ? [file('k6.html')] : []),
];

const acceptedTooFew = ({ scenario, count }: LoadArguments, accepted: number): string[] =>
  scenario === 'backlog' && accepted !== count
    ? [`${accepted} bootstraps were accepted, and ${count} were asked for`]
    : [];

/** Load, drain and checks: everything that needs k6. */
async function play(run: LoadRun, ledger: Ledger) {
  const line = () => `${ledger.accepted.size} bootstraps accepted`;
  const script = `scenarios/${run.args.scenario}.ts`;
  const load = await withProgress(run.log, line, runScript(run, ledger, script));
  const draining = run.args.scenario === 'backlog' ? await startDraining(run) : undefined;
  const looked = await verify(run, ledger);
  return { load, draining, looked };
}

/** Where a run waits for real DNS, minutes until it is active say nothing of the load. */
const limitsOf = ({ args }: LoadRun) => ({
  ...args.thresholds,
  ...(!args.url && { kneeActiveMs: args.thresholds.kneeRunMs }),
});

/** The steps of a ramp, each with how long its organizations took to become active. */
function stepsOf({ args }: LoadRun, { accepted, verified }: Ledger, load: K6Outcome): RampStep[] {
  const ends = new Map(verified.map(({ workflowId, completedAt }) => [workflowId, completedAt]));
  const runs = [...accepted.values()].map(({ workflowId, requestedAt }) => {
    const end = ends.get(workflowId);
    return { requestedAt, completedAt: end ? Date.parse(end) : undefined };
  });
  const stepMs = (args.durationSeconds / args.steps.length) * 1000;
  const active = activeP95s(runs, args.steps.length, stepMs);
  return rampSteps(load.summary, args.steps).map((step, index) => ({
    ...step,
    activeP95Ms: active[index],
  }));
}

/** @throws Error when k6 fails; AbortError once `signal` is aborted. */
export async function loadRun(run: LoadRun): Promise<LoadResult> {
  const { args, target } = run;
  const ledger = createLedger(target);
  await mkdir(path.dirname(run.file('json')), { recursive: true });
  const startedAt = new Date();
  const before = await readProcesses(target);
  const played = play(run, ledger).finally(() => rm(run.file('summary.json'), { force: true }));
  const { load, draining, looked } = await played;
  const accepted = ledger.accepted.size;
  const rows = { completed: accepted, orMore: args.scenario === 'ramp' };
  const inDatabase = (await target.databaseProblems?.(rows)) ?? [];
  const memory = { before, after: await readProcesses(target) };
  const endedAt = new Date();
  const steps = args.scenario === 'ramp' ? stepsOf(run, ledger, load) : undefined;
  return resultOf({
    scenario: args.scenario,
    target: target.name,
    runId: run.runId,
    startedAt,
    endedAt,
    load,
    verify: looked,
    accepted,
    verified: ledger.verified,
    parts: partsOf(args),
    problems: [...acceptedTooFew(args, accepted), ...inDatabase],
    memory,
    dashboards: dashboardLinks({ startedAt, endedAt }, run.grafanaUrl),
    ...(steps && { knee: { ...kneeOf(steps, limitsOf(run)), steps } }),
    ...(draining && { drain: drainOf(draining, ledger.verified) }),
    ...(target.prometheusUrl && { prometheusUrl: target.prometheusUrl }),
    files: filesOf(run),
  });
}
